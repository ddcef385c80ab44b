import { homedir, hostname, userInfo } from "node:os";
import { join, isAbsolute } from "node:path";

export interface TokenValues {
  readonly hostName: string;
  readonly name: string;
  readonly port: number;
  readonly user: string;
}

/** `~`, `${NAME}` and the percent tokens that ssh_config(5) allows in file names. */
export function expandPath(path: string, values: TokenValues): string {
  const unquoted = path.replace(/^"(.*)"$/, "$1");
  const home = homedir();
  const local = userInfo();
  const tokens: Record<string, string> = {
    "%": "%",
    d: home,
    h: values.hostName,
    i: String(local.uid),
    k: values.hostName,
    L: hostname().split(".")[0] ?? "",
    l: hostname(),
    n: values.name,
    p: String(values.port),
    r: values.user,
    u: local.username,
  };
  const expanded = unquoted
    .replace(/%(.)/g, (whole, token: string) => tokens[token] ?? whole)
    .replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, name: string) => process.env[name] ?? "");
  if (expanded === "~") return home;
  if (expanded.startsWith("~/")) return join(home, expanded.slice(2));
  return isAbsolute(expanded) ? expanded : join(home, ".ssh", expanded);
}
