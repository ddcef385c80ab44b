import { isUtf8 } from "node:buffer";
import { completeUtf8End } from "../../hosts/index.ts";

/** Bytes of one window: with every one of them escaped, a reply still has room for it. */
const WINDOW_BYTES = 1024 * 1024;

export interface TextWindow {
  readonly lineCount: number;
  readonly content: string;
  readonly returned: number;
  /** Number of the line where the rest begins; null: there is no more. */
  readonly next: number | null;
  /** Bytes left out of a single line that is longer than a window. */
  readonly cut: number;
  /** Some bytes are no UTF-8 and stand as U+FFFD. */
  readonly lossy: boolean;
}

/** Whole lines of a file, from one on, as many as wanted and as there is room for. @param offset from 1 */
export function textWindow(
  bytes: Buffer,
  { offset, limit, room = WINDOW_BYTES }: { offset: number; limit?: number | undefined; room?: number },
): TextWindow {
  const { lineCount, first, fit } = findLines(bytes, {
    offset,
    limit: limit ?? Number.POSITIVE_INFINITY,
    room,
  });
  let { raw, returned } = fit;
  let cut = 0;
  if (returned === 0 && first !== null) {
    const head = first.subarray(0, room);
    raw = head.subarray(0, isUtf8(first) ? completeUtf8End(head) : head.length);
    cut = first.length - raw.length;
    returned = 1;
  }
  const next = offset + returned;
  return {
    lineCount,
    content: raw.toString("utf8"),
    returned,
    next: next <= lineCount && limit !== 0 ? next : null,
    cut,
    lossy: !isUtf8(raw),
  };
}

const NEWLINE = 0x0a;

/**
 * Counted in place: a file may be nothing but line ends, and a string for each of them would be more than there is
 * memory for.
 * @returns `first`: the first line that is wanted, of any length; null when there is none
 */
function findLines(
  bytes: Buffer,
  { offset, limit, room }: { offset: number; limit: number; room: number },
): { lineCount: number; first: Buffer | null; fit: { raw: Buffer; returned: number } } {
  let lineCount = 0;
  let first: Buffer | null = null;
  let [start, from, to, returned] = [0, 0, 0, 0];
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== NEWLINE && at < bytes.length - 1) continue;
    lineCount += 1;
    const end = at + 1;
    if (lineCount === offset && limit > 0) {
      first = bytes.subarray(start, end);
      from = start;
      to = start;
    }
    // One behind another: after the first that has no room none has.
    if (first !== null && to === start && returned < limit && end - from <= room) {
      to = end;
      returned += 1;
    }
    start = end;
  }
  return { lineCount, first, fit: { raw: bytes.subarray(from, to), returned } };
}
