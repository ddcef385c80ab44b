import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { expandHome } from "./paths.ts";
import type { Config } from "./schema/sections.ts";

export interface Defaults {
  config: Config;
  /** Keys whose default came from the environment, with the variable. */
  sources: Record<string, string>;
}

/** Values of keys that no file sets (docs/formats/config.md, "Keys"). */
export function defaults(env: NodeJS.ProcessEnv): Defaults {
  const sources: Record<string, string> = {};
  const from = (key: string, variable: string, fallback: string): string => {
    const value = env[variable];
    if (value === undefined || value === "") return fallback;
    sources[key] = `$${variable}`;
    return value;
  };
  const config: Config = {
    mtui: {
      template_dir: resolve(expandHome(from("mtui.template_dir", "TEMPLATE_DIR", dataDir(env)), env)),
      user: loginName(env),
      install_logs: "install_logs",
      ssl_verify: true,
    },
    connection: {
      connection_timeout: 300,
      command_timeout: 300,
      reattach: 900,
      ssh_strict_host_key_checking: "auto_add",
    },
    refhosts: {
      resolvers: ["https", "path"],
      https_uri: "https://qam.suse.de/refhosts/refhosts.yml",
      https_expiration: 43_200,
      path: "/usr/share/qam-metadata/refhosts.yml",
      pool_select: true,
    },
    lock: { reap_stale: true, stale_age: 86_400, wait: 0, wait_poll: 15 },
    target: { tempdir: "/tmp" },
    url: {
      bugzilla: "https://bugzilla.suse.com",
      testreports: "https://qam.suse.de/testreports",
      fancy_reports: "https://qam.suse.de/reports",
    },
    svn: { path: "svn+ssh://svn@qam.suse.de/testreports" },
    gitea: { token: from("gitea.token", "GITEA_TOKEN", "") },
    jobs: {
      max_active: 256,
      max_active_per_workspace: 16,
      keep_finished: 1_000,
      keep_seconds: 604_800,
      output_bytes: 64 * 1024 * 1024,
      keep_output_bytes: 2 * 1024 * 1024 * 1024,
      spool_bytes: 256 * 1024 * 1024,
    },
    mcp: { reply_bytes: 20_000 },
    daemon: { fanout: 64, log_level: "info" },
  };
  return { config, sources };
}

/** A daemon has no working directory of anybody's, so the parent of checkouts is a fixed place. */
function dataDir(env: NodeJS.ProcessEnv): string {
  const home = env["XDG_DATA_HOME"];
  return join(
    home !== undefined && isAbsolute(home) ? home : expandHome("~/.local/share", env),
    "mtui",
    "templates",
  );
}

function loginName(env: NodeJS.ProcessEnv): string {
  for (const variable of ["LOGNAME", "USER", "LNAME", "USERNAME"]) {
    const name = env[variable];
    if (name !== undefined && name !== "") return name;
  }
  try {
    return userInfo().username;
  } catch {
    return `uid${process.getuid?.() ?? ""}`;
  }
}
