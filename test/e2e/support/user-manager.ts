import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TesterHome } from "../../support/home.ts";

const SYSTEMD = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"].find((path) => existsSync(path)) ?? null;
const NAMESPACE = ["--mount", "--propagation", "private"];

export interface UserManager extends AsyncDisposable {
  /** `systemctl --user`. @throws Error with what it said when it does not end with 0 */
  ctl(...args: string[]): Promise<string>;
  /** A property of a unit. */
  show(unit: string, property: string): Promise<string>;
}

/** Why no manager can be had here, or null. */
export function managerMissing(): string | null {
  if (process.getuid?.() !== 0) return "root";
  if (SYSTEMD === null) return "systemd";
  const { stdout } = spawnSync("systemctl", ["--version"], { encoding: "utf8" });
  if (!(stdout ?? "").startsWith("systemd")) return "systemctl";
  const mounts = ["-c", "mount -t cgroup2 cgroup2 /mnt && [ -w /mnt/cgroup.procs ]"];
  const { status } = spawnSync("unshare", [...NAMESPACE, "sh", ...mounts], { stdio: "ignore" });
  return status === 0 ? null : "a cgroup2 hierarchy to write to";
}

/**
 * A real `systemd --user` for one home, in a mount namespace and a control group of its own, without a pid
 * namespace: what it starts is seen by the programs outside as by any user's.
 */
export async function startUserManager(home: TesterHome): Promise<UserManager> {
  const env = { ...home.env, SYSTEMD: SYSTEMD ?? "", MTUI_TEST_CGROUP: `mtui-test-${process.pid}` };
  const script = join(import.meta.dirname, "systemd.sh");
  const child = spawn("unshare", [...NAMESPACE, "bash", script], { env, stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const first = await Promise.race([once(child.stdout, "data"), exited]);
  if (!String(first[0]).startsWith("ready")) throw new Error(`no user manager: exit ${first[0]}`);
  const ctl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await home.run("systemctl", ["--user", ...args]);
    if (code !== 0) throw new Error(`systemctl ${args.join(" ")}: exit ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  return {
    ctl,
    show: (unit, property) => ctl("show", unit, "--value", "-p", property),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
