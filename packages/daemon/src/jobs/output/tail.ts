import type { PagePlace } from "./cursor.ts";
import type { StreamFacts } from "./outputs.ts";
import type { StreamId } from "./place.ts";
import { endOfKept, readOn, type Segment } from "./segments.ts";

/** Bytes looked at from the end of each stream: lines may be of any length. */
const LOOKED_AT = 8 * 1024 * 1024;
const BLOCK = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Where the last lines of a host's stream begin, over its steps in order.
 * @param options.lines at least 1
 */
export function tailStart(
  steps: readonly StreamFacts[],
  { lines, segments }: { lines: number; segments: (id: StreamId) => readonly Segment[] },
): PagePlace {
  let wanted = lines;
  let looked = 0;
  let start: PagePlace | null = null;
  for (const step of steps.toReversed()) {
    const { host, stream } = step;
    const pieces = segments(step);
    const kept = endOfKept(pieces);
    let end = kept;
    // A line end at the very end closes the last line, and begins none.
    let last = true;
    while (end > 0) {
      const from = Math.max(0, end - BLOCK);
      const block = readOn(pieces, { from, limit: end - from });
      if (block === null || block.offset >= end) break;
      for (let at = block.bytes.length - 1; at >= 0; at--) {
        if (block.bytes[at] === NEWLINE && !last) wanted -= 1;
        last = false;
        if (wanted === 0) return { host, step: step.step, stream, offset: block.offset + at + 1 };
      }
      looked += block.bytes.length;
      start = { host, step: step.step, stream, offset: block.offset };
      end = block.offset;
      if (looked >= LOOKED_AT) return start;
    }
    start = { host, step: step.step, stream, offset: 0 };
    if (kept > 0) wanted -= 1;
    if (wanted === 0) return start;
  }
  return start ?? { host: "", step: 0, stream: "stdout", offset: 0 };
}
