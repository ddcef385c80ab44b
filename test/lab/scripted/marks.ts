import { readdirSync, readFileSync } from "node:fs";

/** End what commands of scripted hosts below `dir` left running: there is no process space to end. */
export function killMarked(dir: string): void {
  for (const pid of readdirSync("/proc")) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      const marks = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      const root = marks.find((mark) => mark.startsWith("MTUI_LAB_ROOT="))?.slice("MTUI_LAB_ROOT=".length);
      if (root === dir || root?.startsWith(`${dir}/`) === true) process.kill(Number(pid), "SIGKILL");
    } catch {
      // Not ours to read, or gone in the meantime.
    }
  }
}
