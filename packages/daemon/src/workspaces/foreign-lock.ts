import type { LockReading } from "../hosts/index.ts";

/** A lock that is not ours, in words: who, since when by the host's clock, and what the comment says. */
export function describeForeignLock(reading: LockReading): string {
  switch (reading.state) {
    case "free":
      return "free";
    case "unreadable":
      return `unreadable lock file (${reading.reason})`;
    case "malformed":
      return "locked by unknown (malformed lock file)";
    default: {
      const { user, comment } = reading.record;
      const age =
        reading.state === "foreign" && reading.ageSeconds !== null
          ? ` for ${ageText(reading.ageSeconds)}`
          : "";
      return `locked by ${user}${age}${comment === "" ? "" : ` (${comment})`}`;
    }
  }
}

function ageText(seconds: number): string {
  if (seconds < 0) return "(from the future)";
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
