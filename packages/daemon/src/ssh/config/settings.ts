/**
 * What ssh_config says of one host: keyword in lower case to its values in order. Most keywords have
 * one value; IdentityFile has as many as there are lines.
 */
export type SshSettings = ReadonlyMap<string, readonly string[]>;

/** The output of `ssh -G`: `keyword value` lines. */
export function parseSettings(text: string): SshSettings {
  const settings = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const blank = line.indexOf(" ");
    if (blank <= 0) continue;
    const key = line.slice(0, blank).toLowerCase();
    const value = line.slice(blank + 1).trim();
    settings.set(key, [...(settings.get(key) ?? []), value]);
  }
  return settings;
}

export function setting(settings: SshSettings, keyword: string): string | undefined {
  return settings.get(keyword)?.[0];
}
