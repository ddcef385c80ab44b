import type { Captured } from "../hosts/outcome.ts";

/** What was kept of a stream, as text; a note stands where the middle was not kept. */
export function capturedText({ head, tail, dropped }: Captured): string {
  // Decoded together where nothing is missing: a character may sit on the border of the two.
  if (dropped === 0) return Buffer.concat([head, tail]).toString("utf8");
  return `${head.toString("utf8")}\n[... ${dropped} bytes not kept ...]\n${tail.toString("utf8")}`;
}
