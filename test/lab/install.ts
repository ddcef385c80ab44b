import { existsSync } from "node:fs";
import { labBase } from "./place.ts";
import { run } from "./process.ts";
import { findProgram, LAB_TOOLS, missingTools } from "./tools.ts";

export interface InstallOptions {
  /** Told before something is installed, and what came of it. */
  say?: (line: string) => void;
  /** Never install, only look. @default false */
  lookOnly?: boolean;
}

/**
 * See to it that the real lab's programs are there: on Debian and Ubuntu as root they are installed with
 * apt-get, after saying so; elsewhere nothing is changed. Gives what is still missing for a lab of real
 * hosts, in words for people; empty if nothing is.
 */
export async function ensureLabTools(options: InstallOptions = {}): Promise<string[]> {
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  if (process.platform !== "linux") return ["Linux"];
  if (process.env.MTUI_LAB_KIND === "scripted") return ["permission (MTUI_LAB_KIND=scripted)"];
  if (process.getuid?.() !== 0) return ["root", ...missingTools()];
  const missing = missingTools();
  if (missing.length > 0 && options.lookOnly !== true && findProgram("apt-get") !== null) {
    const packages = [...new Set(missing.map((tool) => LAB_TOOLS[tool].debian))];
    say(`Installing for the lab of test hosts: ${packages.join(" ")}`);
    const problem = await aptInstall(packages);
    if (problem !== null) say(`apt-get: ${problem}`);
  }
  const left = missingTools().map((tool) => `${tool} (package ${LAB_TOOLS[tool][packageFamily()]})`);
  if (left.length > 0) return left;
  const refused = await namespacesRefused();
  return refused === null ? [] : [`namespaces and overlay mounts: ${refused}`];
}

function packageFamily(): "debian" | "suse" {
  return existsSync("/etc/debian_version") ? "debian" : "suse";
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
  const script = `d=$(mktemp -d "$0/probe-XXXXXX") && mkdir "$d/u" "$d/w" "$d/r" &&
mount -t overlay overlay -o "lowerdir=/,upperdir=$d/u,workdir=$d/w" "$d/r" &&
mount -t proc proc "$d/r/proc" && umount "$d/r/proc" "$d/r"; s=$?; rm -rf "$d"; exit $s`;
  const options = ["--mount", "--propagation", "private", "--pid", "--uts", "--ipc", "--fork"];
  const ended = await run([
    "unshare",
    ...options,
    "--kill-child=SIGKILL",
    "--",
    "sh",
    "-c",
    script,
    labBase(),
  ]);
  if (ended.exit === 0) return null;
  return ended.stderr.trim().slice(-300);
}
