import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/**
 * Where things are kept, after the XDG base directory rules (docs/formats/config.md, "Places").
 * Nothing here touches the disk, and nothing here loads the schema: clients use it.
 */
export interface Places {
  /** `mtui.yaml` of the user. */
  config: string;
  /** What must survive a reboot: journal, job output, logs. */
  state: string;
  /** What can be fetched again: the inventory. */
  cache: string;
}

export function places(env: NodeJS.ProcessEnv = process.env): Places {
  const home = env["HOME"] !== undefined && isAbsolute(env["HOME"]) ? env["HOME"] : homedir();
  const base = (variable: string, fallback: string) => {
    const value = env[variable];
    // The rules say that a relative path in these variables is to be ignored.
    return join(value !== undefined && isAbsolute(value) ? value : join(home, fallback), "mtui");
  };
  return {
    config: base("XDG_CONFIG_HOME", ".config"),
    state: base("XDG_STATE_HOME", ".local/state"),
    cache: base("XDG_CACHE_HOME", ".cache"),
  };
}

/** `~` and `~/x` as a shell would have them; anything else as it is. */
export function expandHome(path: string, env: NodeJS.ProcessEnv = process.env): string {
  if (path !== "~" && !path.startsWith("~/")) return path;
  const home = env["HOME"] !== undefined && isAbsolute(env["HOME"]) ? env["HOME"] : homedir();
  return join(home, path.slice(1));
}
