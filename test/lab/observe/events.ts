import { readFileSync } from "node:fs";

/** One thing that happened on a host, as seen from the host itself. */
export interface Observation {
  /** Seconds since the epoch, with microseconds. */
  at: number;
  /** inotify's name: CREATE, CLOSE_WRITE, DELETE, MOVED_FROM, MOVED_TO; of guard files also OPEN, CLOSE; BOOT. */
  event: string;
  /** Path on the host. */
  path: string;
  /** First line right after the event, or the flock holders of a guard file; null if it was gone. */
  content: string | null;
}

/** Read what an observer wrote so far. */
export function readEvents(file: string): Observation[] {
  const lines = readFileSync(file, "utf8").split("\n");
  // The last line may be in the middle of being written.
  return lines.slice(0, -1).flatMap((line) => {
    const [at, event, path, content] = line.split("\t");
    if (at === undefined || event === undefined || path === undefined) return [];
    const first = event.split(",")[0] ?? event;
    return [{ at: Number(at), event: first, path, content: content === "-" ? null : (content ?? null) }];
  });
}
