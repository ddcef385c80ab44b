import { existsSync } from "node:fs";
import { run } from "./process.ts";
import { findProgram, LAB_TOOLS, missingTools } from "./tools.ts";

export interface LabToolsState {
  /** Can a lab of real hosts be started here? */
  real: boolean;
  /** Programs that are still not there. */
  missing: string[];
  /** Why not, and what would help; null if all is well. */
  reason: string | null;
}

export interface InstallOptions {
  /** Told before something is installed, and what came of it. */
  say?: (line: string) => void;
  /** Never install, only look. @default false */
  lookOnly?: boolean;
}

/**
 * See to it that the real lab's programs are there: on Debian and Ubuntu as root they are installed with
 * apt-get, after saying so. Elsewhere nothing is changed, and the answer says what is missing.
 */
export async function ensureLabTools(options: InstallOptions = {}): Promise<LabToolsState> {
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  if (process.platform !== "linux") return refuse("the lab of real hosts needs Linux");
  if (process.getuid?.() !== 0) return refuse("the lab of real hosts needs root");
  const missing = missingTools();
  const debian = existsSync("/etc/debian_version") && findProgram("apt-get") !== null;
  if (missing.length > 0 && debian && options.lookOnly !== true) {
    const packages = [...new Set(missing.map((tool) => LAB_TOOLS[tool].debian))];
    say(`Installing for the lab of test hosts: ${packages.join(" ")}`);
    const problem = await aptInstall(packages);
    if (problem !== null) say(`apt-get: ${problem}`);
  }
  const left = missingTools();
  if (left.length > 0) {
    const family = debian ? "debian" : "suse";
    const packages = [...new Set(left.map((tool) => LAB_TOOLS[tool][family]))].join(" ");
    return refuse(
      `missing programs; install them with: ${debian ? "apt-get" : "zypper"} install ${packages}`,
      left,
    );
  }
  const problem = await namespacesRefused();
  return problem === null ? { real: true, missing: [], reason: null } : refuse(problem);
}

function refuse(reason: string, missing: string[] = missingTools()): LabToolsState {
  return { real: false, missing, reason };
}

async function aptInstall(packages: readonly string[]): Promise<string | null> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const install = () =>
    run(["apt-get", "install", "-y", "--no-install-recommends", ...packages], { env, timeoutMs: 600_000 });
  let ended = await install();
  if (ended.exit !== 0) {
    // A fresh image has no package lists, or outdated ones.
    await run(["apt-get", "update"], { env, timeoutMs: 300_000 });
    ended = await install();
  }
  return ended.exit === 0 ? null : (ended.stderr || ended.stdout).trim().slice(-500);
}

/** Root inside a container may be no root at all: try what a host needs before anything is built on it. */
async function namespacesRefused(): Promise<string | null> {
  const script = `d=$(mktemp -d) && mkdir "$d/u" "$d/w" "$d/r" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$d/u,workdir=$d/w" "$d/r" &&
mount -t proc proc "$d/r/proc" && umount "$d/r/proc" "$d/r"; s=$?; rm -rf "$d"; exit $s`;
  const ended = await run([
    ...(["unshare", "--mount", "--propagation", "private", "--pid", "--uts", "--ipc"] as const),
    ...["--fork", "--kill-child=SIGKILL", "--", "sh", "-c", script],
  ]);
  if (ended.exit === 0) return null;
  return `this machine refuses namespaces or overlay mounts: ${ended.stderr.trim().slice(-300)}`;
}
