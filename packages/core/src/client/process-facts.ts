import { readFileSync } from "node:fs";

export interface ProcessFacts {
  /** Process group: the pid of the process that was launched, for all that it starts. */
  group: number;
  /** Start in clock ticks since boot. */
  startTicks: number;
}

/** @returns null when there is no such process (or only its zombie), or `/proc` does not say. */
export function processFacts(pid: number): ProcessFacts | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in brackets may itself contain brackets and blanks: count from the last one.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    return { group: Number(fields[2]), startTicks: Number(fields[19]) };
  } catch {
    return null;
  }
}
