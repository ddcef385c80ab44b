import { span } from "@mtui/core/text";

/** How long a workspace may still go without a sign of life: `7 h 59 min`; `-` for one that has none. */
export function leaseText(until: number | null, now: number): string {
  if (until === null) return "-";
  return until < now + 1000 ? "over" : span(until - now);
}
