import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** The last bytes of a text file as one printable line; "" when it cannot be read. */
export function readTail(path: string, maxBytes: number): string {
  return printable(readEnd(path, maxBytes));
}

/** The same as printable lines, of which blanks at the start are kept. */
export function readTailLines(path: string, maxBytes: number): string[] {
  return readEnd(path, maxBytes)
    .split("\n")
    .map((line) => line.replace(/[\p{Cc}\p{Cf}]+/gu, " ").trimEnd());
}

function readEnd(path: string, maxBytes: number): string {
  try {
    const file = openSync(path, "r");
    try {
      const start = Math.max(0, fstatSync(file).size - maxBytes);
      const buffer = Buffer.alloc(maxBytes);
      const bytes = readSync(file, buffer, 0, maxBytes, start);
      return buffer.toString("utf8", 0, bytes);
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]+/gu, " ").trim();
}
