import { isUtf8 } from "node:buffer";
import { completeUtf8End } from "../../hosts/index.ts";
import { bytesOf, linesOf } from "./lines.ts";

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
  const lines = linesOf(bytes);
  const wanted = lines.slice(offset - 1, limit === undefined ? undefined : offset - 1 + limit);
  let size = 0;
  let fit = 0;
  while (fit < wanted.length && size + (wanted[fit]?.length ?? 0) <= room) size += wanted[fit++]?.length ?? 0;
  let raw = bytesOf(wanted.slice(0, fit));
  let cut = 0;
  if (fit === 0 && wanted.length > 0) {
    const whole = bytesOf(wanted.slice(0, 1));
    const head = whole.subarray(0, room);
    raw = head.subarray(0, isUtf8(whole) ? completeUtf8End(head) : head.length);
    cut = whole.length - raw.length;
    fit = 1;
  }
  const next = offset + fit;
  return {
    lineCount: lines.length,
    content: raw.toString("utf8"),
    returned: fit,
    next: next <= lines.length && (limit !== 0 || fit > 0) ? next : null,
    cut,
    lossy: !isUtf8(raw),
  };
}
