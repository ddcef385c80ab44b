import { setTimeout as after } from "node:timers/promises";
import type { LabHost } from "../../lab/index.ts";

/** Kept from the first command on, and empty: everybody needs the same file to lock (docs/formats/locks.md). */
const STAY = ["mtui.fence", "mtui.guard"];

/** The lab's own first process, observer and keeper, by their whole command lines. */
const LAB =
  /^(?:\/bin\/bash \/run\/lab\/inside\/(?:init|observer)\.sh|inotifywait -m .* \/run\/lock \/etc\/zypp\/repos\.d|sleep infinity)$/;
/** The listener, and a session for each connection that stands. */
const SSHD = /^(?:\/\S+\/)?sshd(?:-session|-auth)?(?:: | -|$)/;
/** What an idle connection of ours has below its session: shells without a command, a runner without one. */
const RUNNER = "mtui-runner";
const IDLE = ["/bin/sh", RUNNER];
/** Somebody's work: it is not waited for. */
const WORK = /^(?:zypper|rpm|sleep [1-9]|(?:\/\S+\/)?(?:ba)?sh -c )|rpm-tmp/;

/**
 * How long what is left may take to see that it has been let go of, in milliseconds: a follower between two looks, a
 * pump, a shell whose connection is gone. Waited for in full only where something stays.
 */
const PATIENCE_MS = 5_000;

interface Process {
  readonly pid: string;
  readonly parent: string;
  readonly args: string;
}

/**
 * Lock files, private files and processes on a host, as the host sees them, but for those that may be there: the
 * lab's own, sshd with a session for each connection, the idle shells and runners of these, and whatever looks on from outside.
 * @returns file names, and command lines
 */
export async function leftBehind(host: LabHost): Promise<string[]> {
  const files = (await host.must("ls -A /run/lock"))
    .split("\n")
    .filter((name) => name.includes("mtui") && !STAY.includes(name));
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const processes = strangers(await processesOf(host)).map(({ args }) => args);
    const isOver = processes.length === 0 || performance.now() > end;
    if (isOver || files.length > 0 || processes.some((args) => WORK.test(args)))
      return [...files, ...processes];
    await after(20);
  }
}

export async function runs(host: LabHost, command: string): Promise<boolean> {
  return (await host.must("ps -A -o args=")).split("\n").includes(command);
}

async function processesOf(host: LabHost): Promise<Process[]> {
  const rows = (await host.must("ps -A -ww -o pid=,ppid=,args=")).split("\n");
  return rows.flatMap((row) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row) ?? [];
    return pid === undefined || parent === undefined || args === undefined ? [] : [{ pid, parent, args }];
  });
}

function strangers(processes: readonly Process[]): Process[] {
  const byPid = new Map(processes.map((each) => [each.pid, each]));
  const parentOf = ({ parent }: Process): Process | undefined => byPid.get(parent);
  // Whoever enters from outside has no parent in here.
  const isFromOutside = (each: Process): boolean => {
    if (each.pid === "1") return false;
    const parent = parentOf(each);
    return parent === undefined ? each.parent === "0" : isFromOutside(parent);
  };
  const isServed = (each: Process | undefined): boolean =>
    each !== undefined && IDLE.includes(each.args) && SSHD.test(parentOf(each)?.args ?? "");
  // The runner of a next command is the child of the one that serves the connection.
  const isIdle = (each: Process): boolean =>
    isServed(each) || (each.args === RUNNER && parentOf(each)?.args === RUNNER && isServed(parentOf(each)));
  return processes.filter(
    (each) => !LAB.test(each.args) && !SSHD.test(each.args) && !isIdle(each) && !isFromOutside(each),
  );
}
