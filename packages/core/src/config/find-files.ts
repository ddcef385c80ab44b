import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { expandHome, places } from "./paths.ts";

export interface FoundFiles {
  /** In the order of reading: later files win key by key. */
  files: string[];
  /** Named by option or `$MTUI_CONF`: alone, and an error when missing. */
  explicit: boolean;
}

export const SYSTEM_FILE = "/etc/mtui.yaml";

/** `--config`, else `$MTUI_CONF`, else the system's and then the user's file, where they exist. */
export function findConfigFiles(
  named: string | null | undefined,
  { env = process.env, systemFile = SYSTEM_FILE }: { env?: NodeJS.ProcessEnv; systemFile?: string } = {},
): FoundFiles {
  const chosen = named ?? env["MTUI_CONF"] ?? "";
  if (chosen !== "") return { files: [resolve(expandHome(chosen, env))], explicit: true };
  const usual = [systemFile, join(places(env).config, "mtui.yaml")];
  return { files: usual.filter((path) => existsSync(path)), explicit: false };
}
