import { MtuiError } from "@mtui/core/protocol";
import type { SshTarget } from "../target.ts";
import { expandPath } from "./expand.ts";
import type { HostSpec } from "./host-spec.ts";
import { setting, type SshSettings } from "./settings.ts";

const DEFAULT_IDENTITIES = ["~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ed25519"];
const DEFAULT_KNOWN_HOSTS = "~/.ssh/known_hosts ~/.ssh/known_hosts2";
const DEFAULT_GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2";

/** @throws MtuiError host.unsupported for ProxyCommand, config.invalid for an unusable port. */
export function targetFromSettings(spec: HostSpec, settings: SshSettings): SshTarget {
  const hostName = setting(settings, "hostname") ?? spec.name;
  const port = Number(setting(settings, "port") ?? spec.port ?? 22);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw badPort(spec, port);
  const user = setting(settings, "user") ?? "root";
  const jump = setting(settings, "proxyjump");
  const command = setting(settings, "proxycommand");
  if (command !== undefined && command !== "none") throw proxyCommand(spec);
  const values = { name: spec.name, hostName, port, user };
  const paths = (text: string): string[] =>
    words(text).map((each) => (each === "none" ? each : expandPath(each, values)));
  const agent = setting(settings, "identityagent");
  const timeout = Number(setting(settings, "connecttimeout") ?? Number.NaN);
  return {
    name: spec.name,
    hostName,
    port,
    user,
    key: `${hostName.toLowerCase()}:${port}`,
    identityFiles: (settings.get("identityfile") ?? DEFAULT_IDENTITIES)
      .filter((each) => each !== "none")
      .map((each) => expandPath(each, values)),
    identitiesOnly: isYes(setting(settings, "identitiesonly")),
    identityAgent: agent === undefined ? null : agentPath(agent, values),
    jumps: jump === undefined || jump === "none" ? [] : jump.split(",").map((each) => each.trim()),
    knownHostsFiles: paths(setting(settings, "userknownhostsfile") ?? DEFAULT_KNOWN_HOSTS),
    globalKnownHostsFiles: paths(setting(settings, "globalknownhostsfile") ?? DEFAULT_GLOBAL_KNOWN_HOSTS),
    hostKeyAlias: setting(settings, "hostkeyalias") ?? null,
    strictHostKeyChecking: strictness(setting(settings, "stricthostkeychecking")),
    connectTimeout: Number.isInteger(timeout) && timeout > 0 ? timeout : null,
  };
}

function agentPath(text: string, values: Parameters<typeof expandPath>[1]): string {
  if (text === "none" || text === "SSH_AUTH_SOCK") return text;
  if (text.startsWith("$") && !text.startsWith("${")) return process.env[text.slice(1)] ?? "none";
  return expandPath(text, values);
}

/** Words, of which one may be in double quotes because it contains blanks. */
function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
}

function isYes(text: string | undefined): boolean {
  return text === "yes" || text === "true";
}

function strictness(text: string | undefined): SshTarget["strictHostKeyChecking"] {
  if (isYes(text)) return "yes";
  if (text === "no" || text === "false" || text === "off") return "no";
  return text === "accept-new" ? "accept-new" : "ask";
}

function proxyCommand(spec: HostSpec): MtuiError {
  return new MtuiError(
    "host.unsupported",
    `ssh_config reaches ${spec.name} by ProxyCommand, which is not supported.`,
    {
      hint: `Write ProxyJump in its place; see what applies with: ssh -G ${spec.name}`,
    },
  );
}

function badPort(spec: HostSpec, port: number): MtuiError {
  return new MtuiError("config.invalid", `ssh_config gives ${spec.name} the port ${port}.`, {
    hint: "A port is a number from 1 to 65535.",
  });
}
