import type { LabHost } from "../../lab/index.ts";

/** Kept from the first command on, and empty: everybody needs the same file to lock (docs/formats/locks.md). */
const STAY = ["mtui.fence", "mtui.guard"];

/**
 * Lock files, private files and working processes of ours on a host, as the host sees them. A follower of a command
 * sleeps for a tenth of a second at most, and may do so once more when it has been let go of.
 */
export async function leftBehind(host: LabHost): Promise<string[]> {
  const files = (await host.must("ls -A /run/lock"))
    .split("\n")
    .filter((name) => name.includes("mtui") && !STAY.includes(name));
  const processes = (await host.must("ps -A -o args="))
    .split("\n")
    .filter((args) => /^(zypper|rpm|sleep [1-9])|rpm-tmp/.test(args.trim()));
  return [...files, ...processes];
}

export async function runs(host: LabHost, command: string): Promise<boolean> {
  return (await host.must("ps -A -o args=")).split("\n").includes(command);
}
