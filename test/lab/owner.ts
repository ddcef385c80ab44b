import { readFileSync } from "node:fs";

/** A process, told apart from a later one with the same id by its start time (clock ticks since boot). */
export interface Owner {
  pid: number;
  started: string;
}

export function thisOwner(): Owner {
  const started = startTime(process.pid);
  if (started === null) throw new Error("lab: /proc is not readable");
  return { pid: process.pid, started };
}

export function isAlive(owner: Owner): boolean {
  return startTime(owner.pid) === owner.started;
}

/** Field 22 of /proc/<pid>/stat; null if there is no such process (or only its zombie). */
export function startTime(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The command's name, in parentheses, may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
