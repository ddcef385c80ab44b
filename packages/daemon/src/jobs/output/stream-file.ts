import { closeSync, constants, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Captured } from "../../hosts/outcome.ts";
import { HeadTail } from "../../ssh/capture.ts";
import { type FileFacts, segmentFile } from "./place.ts";
import { endOf, keptBytes, readAt, type Segment } from "./segments.ts";

/** Pieces of a stream on a disk that is full again and again. */
const MAX_PIECES = 64;

export interface StreamFileOptions {
  directory: string;
  file: FileFacts;
  /** What is there of it already; grows and shrinks from now on. */
  segments: Segment[];
  /** Bytes kept on disk: half as the beginning, half as the end. */
  cap: number;
  /** Bytes that the outcome shows: half as head, half as tail. */
  capture: number;
  /** Bytes that have come to the disk, or (negative) were given up. */
  onDisk: (bytes: number) => void;
  /** Bytes could not be written. */
  onTrouble: (error: unknown) => void;
}

/**
 * One stream on disk. The head is one file; behind it come pieces of a quarter of the cap each, of which
 * the last two stay. Each file's name says where in the stream it begins, so that the directory alone
 * says what is kept and where to go on. Bytes that cannot be written are counted, and left out.
 */
export class StreamFile {
  readonly #options: StreamFileOptions;
  readonly #segments: Segment[];
  #received: number;
  /** Only while the disk does not have what the outcome shows. */
  #memory: HeadTail | null = null;
  /** Files with bytes that may not be on the platter yet. */
  readonly #touched = new Set<string>();

  constructor(options: StreamFileOptions) {
    this.#options = options;
    this.#segments = options.segments;
    this.#received = endOf(this.#segments);
  }

  /** Bytes of the stream that have come, kept or not. */
  get received(): number {
    return this.#received;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** Never throws. */
  write(bytes: Buffer): void {
    this.#memory?.push(bytes);
    let left = bytes;
    try {
      while (left.length > 0) {
        const segment = this.#current();
        const room = this.#roomOf(segment) - segment.size;
        const count = append(segment.path, left.subarray(0, room));
        segment.size += count;
        this.#received += count;
        this.#options.onDisk(count);
        this.#touched.add(segment.path);
        left = left.subarray(count);
      }
    } catch (error) {
      if (this.#memory === null) {
        this.#memory = this.#fromDisk();
        this.#memory.push(left);
      }
      this.#received += left.length;
      this.#options.onTrouble(error);
    }
  }

  /**
   * Bytes that came here in the stream are nowhere: they were not kept where they came from. An empty piece
   * behind them says so. Never throws.
   */
  skip(bytes: number): void {
    if (bytes <= 0) return;
    this.#memory?.skip(bytes);
    this.#received += bytes;
    try {
      this.#begin();
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  /** To the platter: the host may forget what it has of this. @throws nothing */
  async sync(): Promise<void> {
    const paths = [...this.#touched];
    this.#touched.clear();
    try {
      for (const path of paths) {
        await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
        await file.datasync();
      }
    } catch (error) {
      this.#options.onTrouble(error);
    }
  }

  captured(): Captured {
    return (this.#memory ?? this.#fromDisk()).captured();
  }

  /** What the outcome shows of what is on disk, as if it had been pushed now. */
  #fromDisk(): HeadTail {
    const { capture } = this.#options;
    const kept = new HeadTail(capture);
    const end = this.#received;
    const tailFrom = Math.max(Math.ceil(capture / 2), end - Math.floor(capture / 2));
    let at = 0;
    try {
      for (const [from, to] of [
        [0, Math.min(end, Math.ceil(capture / 2))],
        [tailFrom, end],
      ] as const) {
        for (const { start, size } of this.#segments) {
          const first = Math.max(from, start);
          const last = Math.min(to, start + size);
          if (first >= last) continue;
          kept.skip(first - at);
          const piece = readAt(this.#segments, { from: first, limit: last - first });
          if (piece === null) continue;
          kept.push(piece.bytes);
          at = first + piece.bytes.length;
        }
      }
    } catch (error) {
      this.#options.onTrouble(error);
    }
    kept.skip(end - at);
    return kept;
  }

  #roomOf({ start }: Segment): number {
    const { cap } = this.#options;
    return start === 0 ? Math.ceil(cap / 2) : Math.ceil(cap / 4);
  }

  /** The piece that takes the next byte. */
  #current(): Segment {
    const last = this.#segments.at(-1);
    if (last !== undefined && last.start + last.size === this.#received && last.size < this.#roomOf(last))
      return last;
    this.#rotate();
    return this.#begin();
  }

  #begin(): Segment {
    const { directory, file } = this.#options;
    const path = join(directory, segmentFile(file, this.#received));
    const segment = { path, start: this.#received, size: 0 };
    create(path);
    this.#segments.push(segment);
    return segment;
  }

  #rotate(): void {
    const tail = this.#segments.filter(({ start }) => start > 0);
    const room = Math.ceil(this.#options.cap / 4);
    while (tail.length > MAX_PIECES || keptBytes(tail) > room) {
      const oldest = tail.shift();
      if (oldest === undefined) return;
      rmSync(oldest.path, { force: true });
      this.#touched.delete(oldest.path);
      this.#segments.splice(this.#segments.indexOf(oldest), 1);
      this.#options.onDisk(-oldest.size);
    }
  }
}

function create(path: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    closeSync(openSync(path, flags, 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, flags, 0o600));
  }
}

/** The file is opened for each write: a thousand streams at a time would be a thousand descriptors. */
function append(path: string, bytes: Buffer): number {
  const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    return writeSync(file, bytes);
  } finally {
    closeSync(file);
  }
}
