import { MtuiError } from "@mtui/core/protocol";

/*
 * Files of a report are cut into lines as bytes, one character a byte, so that one that is no UTF-8 keeps every
 * byte of the lines that nobody touches.
 */

export function linesOf(bytes: Buffer): string[] {
  return bytes.length === 0 ? [] : bytes.toString("latin1").split(/(?<=\n)/);
}

export function bytesOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.join(""), "latin1");
}

export interface Patch {
  /** First line to replace, from 1; one behind the last adds at the end. */
  readonly start: number;
  /** Last one; `start - 1` replaces none. */
  readonly end: number;
  readonly replacement: string;
}

/**
 * Other lines in the place of some. New ones end like the file's first line (LF or CRLF), and always do end.
 * @throws MtuiError params.invalid for lines that are not there
 */
export function patchLines(
  lines: readonly string[],
  { start, end, replacement }: Patch,
): { lines: string[]; replaced: number; inserted: number } {
  if (end < start - 1) {
    throw new MtuiError(
      "params.invalid",
      `Line ${end}, the last to replace, is before line ${start}, the first; nothing was changed.`,
      {
        hint: `First and last line, counted from 1; ${start} ${start - 1} inserts before line ${start}.`,
        data: { start_line: start, end_line: end, line_count: lines.length },
      },
    );
  }
  if (start > lines.length + 1 || end > lines.length) {
    throw new MtuiError(
      "params.invalid",
      `Lines ${start} to ${end} are not in the report, which has ${lines.length}; nothing was changed.`,
      {
        hint: "Read it (mtuictl testreport-read) and count from 1; a last line one less than the first inserts.",
        data: { start_line: start, end_line: end, line_count: lines.length },
      },
    );
  }
  const newline = lines[0]?.endsWith("\r\n") === true ? "\r\n" : "\n";
  const fresh = linesOf(Buffer.from(replacement)).map((line) => `${line.replace(/\r?\n$/, "")}${newline}`);
  const before = lines.slice(0, start - 1);
  const last = before.at(-1);
  if (fresh.length > 0 && last !== undefined && !last.endsWith("\n"))
    before[before.length - 1] = last + newline;
  return {
    lines: [...before, ...fresh, ...lines.slice(end)],
    replaced: end - start + 1,
    inserted: fresh.length,
  };
}
