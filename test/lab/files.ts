import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LabHost } from "./host/lab-host.ts";
import { mustRun } from "./process.ts";
import type { ResolvedSpec } from "./spec.ts";

/** What a client of the lab is configured with. All paths are absolute. */
export interface LabFiles {
  sshConfig: string;
  identity: string;
  knownHosts: string;
  refhostsYml: string;
  templateDir: string;
  /** A configuration for a daemon, pointing at all of the above: `MTUI_CONF`. */
  mtuiYaml: string;
}

export function labFiles(dir: string): LabFiles {
  return {
    sshConfig: join(dir, "ssh_config"),
    identity: join(dir, "identity"),
    knownHosts: join(dir, "known_hosts"),
    refhostsYml: join(dir, "refhosts.yml"),
    templateDir: join(dir, "templates"),
    mtuiYaml: join(dir, "mtui.yaml"),
  };
}

/** The tester's key; gives its public half. */
export async function makeIdentity(files: LabFiles): Promise<string> {
  await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", files.identity]);
  return (await mustRun(["ssh-keygen", "-y", "-f", files.identity])).trim();
}

export interface ClientFileOptions {
  /** Write the hosts' keys into known_hosts, or leave it empty for tests of first contact. */
  knownHosts: "filled" | "empty";
  /** Keys that are merged over the generated mtui.yaml, by section. */
  config?: Record<string, Record<string, string | number | boolean>>;
}

export async function writeClientFiles(
  files: LabFiles,
  options: ClientFileOptions & { hosts: readonly LabHost[] },
): Promise<void> {
  const { hosts } = options;
  await mkdir(files.templateDir, { recursive: true });
  await writeFile(files.sshConfig, hosts.map((host) => sshConfigEntry(host, files)).join("\n"), {
    mode: 0o600,
  });
  const known = options.knownHosts === "filled" ? hosts.map(knownHostsLine) : [];
  await writeFile(files.knownHosts, known.join(""), { mode: 0o600 });
  await writeFile(files.refhostsYml, refhostsYml(hosts.map((host) => host.spec)));
  await writeFile(files.mtuiYaml, mtuiYaml(files, options.config ?? {}));
}

function sshConfigEntry(host: LabHost, files: LabFiles): string {
  return `Host ${host.name}
  HostName ${host.address}
  Port ${host.port}
  User root
  IdentityFile ${files.identity}
  IdentitiesOnly yes
  UserKnownHostsFile ${files.knownHosts}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking accept-new
`;
}

export function knownHostsLine(host: LabHost): string {
  const name = host.port === 22 ? host.address : `[${host.address}]:${host.port}`;
  return `${name} ${host.hostKey}\n`;
}

function refhostsYml(specs: readonly ResolvedSpec[]): string {
  const rows = specs.map((spec) => {
    const addons = spec.addons.map((a) => `      - {name: ${a.name}, version: ${version(a.version)}}\n`);
    return `  - name: ${spec.name}
    arch: ${spec.arch}
    product: {name: ${spec.product}, version: ${version(spec.version)}}
${addons.length === 0 ? "" : `    addons:\n${addons.join("")}`}`;
  });
  return `default:\n${rows.join("")}`;
}

/** `15-SP6` has the minor `SP6`; `16.0` the number 0. */
function version(text: string): string {
  const [major, minor] = text.split(/[-.]/);
  return minor === undefined ? `{major: ${major}}` : `{major: ${major}, minor: ${minor}}`;
}

function mtuiYaml(files: LabFiles, more: NonNullable<ClientFileOptions["config"]>): string {
  const sections: Record<string, Record<string, string | number | boolean>> = {
    mtui: { template_dir: files.templateDir },
    refhosts: { resolvers: "path", path: files.refhostsYml },
    connection: { ssh_config: files.sshConfig },
    // A request that is not there is not looked for anywhere else: a lab talks to itself alone.
    svn: { path: "" },
  };
  for (const [section, keys] of Object.entries(more)) sections[section] = { ...sections[section], ...keys };
  return Object.entries(sections)
    .map(([section, keys]) => {
      const lines = Object.entries(keys).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
      return `${section}:\n${lines.join("")}`;
    })
    .join("");
}
