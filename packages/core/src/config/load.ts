import { defaults } from "./defaults.ts";
import { findConfigFiles, SYSTEM_FILE } from "./find-files.ts";
import { configInvalid } from "./problem.ts";
import { readConfigFile } from "./read-file.ts";
import { type Config, SECTION_NAMES, SECTIONS, SECRET_KEYS } from "./schema/sections.ts";

export interface LoadedConfig {
  config: Config;
  /** Files in force, in the order of reading. */
  files: string[];
  /** Keys that were read over, with the file and what to do instead. */
  notices: string[];
  /** `section.key` to the file or `$VARIABLE` that set it; keys that are missing have their default. */
  sources: Record<string, string>;
}

export interface LoadOptions {
  /** `--config FILE`. */
  config?: string | null;
  env?: NodeJS.ProcessEnv;
  /** Instead of `/etc/mtui.yaml`. */
  systemFile?: string;
}

/**
 * The configuration of the daemon (docs/formats/config.md).
 * @throws MtuiError `config.invalid` naming file, line, key and what is allowed.
 */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const env = options.env ?? process.env;
  const { files } = findConfigFiles(options.config, { env, systemFile: options.systemFile ?? SYSTEM_FILE });
  const { config, sources } = defaults(env);
  const merged: Record<string, Record<string, unknown>> = structuredClone(config);
  const notices: string[] = [];
  for (const file of files) {
    const read = readConfigFile(file, env);
    notices.push(...read.notices);
    for (const [section, values] of Object.entries(read.settings)) {
      for (const [key, value] of Object.entries(values)) {
        merged[section] = { ...merged[section], [key]: value };
        sources[`${section}.${key}`] = file;
      }
    }
  }
  return { config: checkWhole(merged, sources), files, notices, sources };
}

/** The same, with secrets masked, for echo and support. */
export function redactConfig(config: Config): Config {
  const copy: Record<string, Record<string, unknown>> = structuredClone(config);
  for (const name of SECRET_KEYS) {
    const [section = "", key = ""] = name.split(".");
    const values = copy[section];
    if (values?.[key] !== undefined && values[key] !== "") values[key] = "***";
  }
  return copy as Config;
}

/** Defaults that come from the environment pass the same rules as the files. */
function checkWhole(
  merged: Record<string, Record<string, unknown>>,
  sources: Record<string, string>,
): Config {
  const whole: Record<string, unknown> = {};
  for (const section of SECTION_NAMES) {
    const parsed = SECTIONS[section].safeParse(merged[section]);
    if (!parsed.success) {
      const key = `${section}.${String(parsed.error.issues[0]?.path[0] ?? "")}`;
      const text = `the default of ${key} cannot be used (from ${sources[key] ?? "the environment"}); set it in mtui.yaml`;
      throw configInvalid(sources[key] ?? "environment", [{ line: null, key, text }]);
    }
    whole[section] = parsed.data;
  }
  return whole as Config;
}
