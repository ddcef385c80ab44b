import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import SshConfig from "ssh-config";
import type { HostSpec } from "./host-spec.ts";
import type { SshSettings } from "./settings.ts";

/**
 * ssh_config without OpenSSH: Host blocks and plain keywords; no Include, and `Match exec` is never
 * run. Enough for a machine that has no `ssh`; docs/decisions/ssh.md says what differs.
 */
export async function askConfigFiles(
  spec: HostSpec,
  options: { configFile: string | undefined },
): Promise<SshSettings> {
  const files =
    options.configFile === undefined
      ? [join(homedir(), ".ssh", "config"), "/etc/ssh/ssh_config"]
      : [options.configFile];
  const settings = new Map<string, string[]>();
  if (spec.port !== null) settings.set("port", [String(spec.port)]);
  if (spec.user !== null) settings.set("user", [spec.user]);
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    for (const [key, value] of Object.entries(compute(text, spec.name))) {
      const values = (Array.isArray(value) ? value : [value]).map(String);
      const name = key.toLowerCase();
      if (name === "identityfile") settings.set(name, [...(settings.get(name) ?? []), ...values]);
      else if (!settings.has(name)) settings.set(name, values);
    }
  }
  if (!settings.has("user")) settings.set("user", ["root"]);
  return settings;
}

function compute(text: string, name: string): Record<string, string | string[]> {
  const config = SshConfig.parse(text);
  // A Match block could run programs; the package would do so.
  const blocks = config.filter((line) => !("param" in line) || line.param.toLowerCase() !== "match");
  const plain = new SshConfig();
  plain.push(...blocks);
  return plain.compute(name);
}
