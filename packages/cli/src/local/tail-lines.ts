import { open, type FileHandle } from "node:fs/promises";

const CHUNK = 64 * 1024;

/**
 * The last lines of a file, read from its end.
 * @returns the text and the offset behind it, from where it can be read on
 */
export async function tailLines(file: FileHandle, lines: number): Promise<{ text: string; end: number }> {
  const { size } = await file.stat();
  let start = size;
  const chunks: Buffer[] = [];
  let found = 0;
  while (start > 0 && found <= lines) {
    const length = Math.min(CHUNK, start);
    start -= length;
    const chunk = await readAt(file, { start, length });
    found += countLines(chunk);
    chunks.unshift(chunk);
  }
  const all = Buffer.concat(chunks).toString("utf8");
  const ended = all.endsWith("\n");
  const parts = (ended ? all.slice(0, -1) : all).split("\n");
  const kept = lines === 0 ? [] : parts.slice(-lines);
  return { text: kept.length === 0 || all === "" ? "" : `${kept.join("\n")}${ended ? "\n" : ""}`, end: size };
}

/** What was written behind `start`; a file that became shorter is read from its beginning. */
export async function readOn(path: string, start: number): Promise<{ text: string; end: number }> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const from = size < start ? 0 : start;
  const length = Math.min(size - from, 16 * CHUNK);
  const chunk = await readAt(file, { start: from, length });
  // Never half a line: its rest comes with the next look.
  const whole = chunk.lastIndexOf(0x0a) + 1;
  return { text: chunk.toString("utf8", 0, whole), end: from + whole };
}

async function readAt(
  file: FileHandle,
  { start, length }: { start: number; length: number },
): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, start);
  return buffer.subarray(0, bytesRead);
}

function countLines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) count++;
  return count;
}
