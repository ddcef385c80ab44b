import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FileFacts, parseSegmentFile } from "./place.ts";

/**
 * A piece of a stream in a file of its own. What lies between two pieces is not kept: it was rotated away,
 * or could not be written.
 */
export interface Segment {
  readonly path: string;
  /** Offset in the stream of its first byte. */
  readonly start: number;
  size: number;
}

export interface StreamSegments extends FileFacts {
  readonly segments: Segment[];
}

/** All streams in the directory of a host, each with its pieces in order. A directory that is not there has none. */
export function readSegments(directory: string): StreamSegments[] {
  const streams = new Map<string, StreamSegments>();
  for (const file of filesIn(directory)) {
    const parsed = parseSegmentFile(file);
    const size = parsed === null ? undefined : sizeOf(join(directory, file));
    if (parsed === null || size === undefined) continue;
    const { start, ...facts } = parsed;
    const key = `${facts.query} ${facts.step} ${facts.stream}`;
    const known = streams.get(key) ?? { ...facts, segments: [] };
    streams.set(key, known);
    known.segments.push({ path: join(directory, file), start, size });
  }
  const all = [...streams.values()];
  for (const { segments } of all) segments.sort((a, b) => a.start - b.start);
  return all.sort((a, b) => a.step - b.step || (a.stream === "stdout" ? -1 : 1));
}

/** Offset behind the last byte that is known of. */
export function endOf(segments: readonly Segment[]): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.start + last.size;
}

/** Offset behind the last byte that is kept: what is behind it is known to have been, and no more. */
export function endOfKept(segments: readonly Segment[]): number {
  const last = segments.findLast(({ size }) => size > 0);
  return last === undefined ? 0 : last.start + last.size;
}

export function keptBytes(segments: readonly Segment[]): number {
  return segments.reduce((sum, { size }) => sum + size, 0);
}

export interface KeptBytes {
  /** Where they stand. Behind what was asked for when bytes between are not kept. */
  readonly offset: number;
  readonly bytes: Buffer;
}

/**
 * The first bytes that are kept at `from` or behind it, at most `limit`, of one piece.
 * @returns null at the end
 * @throws Error of the file system
 */
export function readAt(
  segments: readonly Segment[],
  { from, limit }: { from: number; limit: number },
): KeptBytes | null {
  for (const segment of segments) {
    const end = segment.start + segment.size;
    if (end <= from) continue;
    const offset = Math.max(from, segment.start);
    const bytes = readPiece(segment.path, {
      position: offset - segment.start,
      length: Math.min(limit, end - offset),
    });
    if (bytes.length > 0 || limit === 0) return { offset, bytes };
  }
  return null;
}

/** As `readAt`, but on through pieces that follow each other without a gap; meant for a few MiB. */
export function readOn(
  segments: readonly Segment[],
  { from, limit }: { from: number; limit: number },
): KeptBytes | null {
  const first = readAt(segments, { from, limit });
  if (first === null) return null;
  const parts = [first.bytes];
  let length = first.bytes.length;
  while (length < limit) {
    const next = readAt(segments, { from: first.offset + length, limit: limit - length });
    if (next === null || next.offset !== first.offset + length) break;
    parts.push(next.bytes);
    length += next.bytes.length;
  }
  return { offset: first.offset, bytes: parts.length === 1 ? first.bytes : Buffer.concat(parts) };
}

function readPiece(path: string, { position, length }: { position: number; length: number }): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${path} is not a file`);
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(file, bytes, filled, length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
