import { readableComment } from "@mtui/core/domain";
import type { LockReading } from "./session.ts";

/**
 * A lock in words: who, for how long by the host's clock, and what the comment says.
 * @param options.age false where the words are kept for later, when the age would be wrong
 */
export function describeForeignLock(reading: LockReading, options: { age?: boolean } = {}): string {
  switch (reading.state) {
    case "free":
      return "free";
    case "unreadable":
      return `unreadable lock file (${reading.reason})`;
    case "malformed":
      return "locked by unknown (malformed lock file)";
    default: {
      const { user } = reading.record;
      const comment = readableComment(reading.record.comment);
      const known = options.age !== false && reading.ageSeconds !== null;
      const age = known ? ` for ${ageText(reading.ageSeconds ?? 0)}` : "";
      return `locked by ${user}${age}${comment === "" ? "" : ` (${comment})`}`;
    }
  }
}

function ageText(seconds: number): string {
  if (seconds < 0) return "less than nothing (its clock is ahead)";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
