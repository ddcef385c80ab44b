import { fairShare, linesOf } from "@mtui/core/text";
import { headOf, tailOf } from "../fit/shorten.ts";

/**
 * A text for a model is made of lines of ours and of blocks that hosts or files wrote. Every line of a
 * block begins with a mark (`| `), so that none of it can be taken for a line of ours or for an end of
 * what is quoted.
 */
export type Part = string | Block;

export interface Block {
  readonly lines: readonly string[];
  /** Which end stays when there is no room for all: logs are read from their end. */
  readonly keep: "tail" | "head";
  /** Number of the first line, where lines are counted. */
  readonly from?: number;
}

const MARK = "| ";

export function block(text: string, options: { keep?: Block["keep"]; from?: number } = {}): Block {
  const { keep = "tail", from } = options;
  return { lines: linesOf(text), keep, ...(from === undefined ? {} : { from }) };
}

/**
 * All parts in at most so many bytes. Blocks give way first, the longest most; then lines of ours, from the
 * middle. @returns the text and how many bytes of the parts are not in it
 */
export function joinParts(parts: readonly Part[], bytes: number): { text: string; omitted: number } {
  // A line of ours is one line, whatever name stands in it.
  const whole = parts.map((part) => (typeof part === "string" ? oneOfOurs(part) : spelled(part)));
  const full = sizeOf(whole);
  if (full <= bytes) return { text: whole.join("\n"), omitted: 0 };
  const own = sizeOf(whole.filter((_, index) => typeof parts[index] === "string"));
  const limit = fairShare(
    whole.flatMap((text, index) => (typeof parts[index] === "string" ? [] : [Buffer.byteLength(text) + 1])),
    Math.max(0, bytes - own),
  );
  const cut = parts.map((part, index) => {
    const text = whole[index] ?? "";
    if (typeof part === "string" || Buffer.byteLength(text) + 1 <= limit) return text;
    return shortened(part, limit - 1);
  });
  const text = cut.filter((each, index) => each !== "" || typeof parts[index] === "string").join("\n");
  return middle(text, { bytes, full });
}

/** What is left when even our own words are too many: how it begins, and how it ends. */
function middle(
  text: string,
  { bytes, full }: { bytes: number; full: number },
): { text: string; omitted: number } {
  const size = Buffer.byteLength(text);
  if (size <= bytes) return { text, omitted: full - size };
  const mark = "\n(... more was left out here ...)\n";
  const room = Math.max(0, bytes - mark.length);
  // Whole lines only: half a marked line would lose its mark.
  const head = headOf(text, Math.floor(room * 0.7)).replace(/\n[^\n]*$/, "");
  const tail = tailOf(text, room - Buffer.byteLength(head)).replace(/^[^\n]*\n/, "");
  const short = headOf(`${head}${mark}${tail.includes("\n") ? tail : ""}`.trimEnd(), bytes);
  return { text: short, omitted: full - Buffer.byteLength(short) };
}

function oneOfOurs(line: string): string {
  return line.replace(/[\r\n]+/g, " ");
}

function spelled({ lines, from }: Block): string {
  return lines.map((line, index) => marked(line, from === undefined ? undefined : from + index)).join("\n");
}

function marked(line: string, number?: number): string {
  return `${number ?? ""}${MARK}${line}`;
}

function shortened({ lines, keep, from }: Block, bytes: number): string {
  const note = (left: number): string => `(${left} lines left out)`;
  const room = bytes - note(lines.length).length - 1;
  if (room < 40) return bytes >= note(lines.length).length ? note(lines.length) : "";
  const order = keep === "head" ? lines : lines.toReversed();
  const kept: string[] = [];
  let used = 0;
  for (const [index, line] of order.entries()) {
    const number =
      from === undefined ? undefined : keep === "head" ? from + index : from + lines.length - 1 - index;
    const text = marked(line, number);
    const size = Buffer.byteLength(text) + 1;
    if (used + size > room) {
      // A line longer than all the room there is: one end of it is better than nothing.
      if (kept.length === 0)
        kept.push(marked(keep === "head" ? headOf(line, room - 12) : tailOf(line, room - 12), number));
      break;
    }
    kept.push(text);
    used += size;
  }
  const left = lines.length - kept.length;
  const mark = left === 0 ? [] : [note(left)];
  return keep === "head" ? [...kept, ...mark].join("\n") : [...mark, ...kept.toReversed()].join("\n");
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
}
