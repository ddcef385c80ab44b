import type { Clock } from "@mtui/core/clock";
import type { Captured } from "../../hosts/outcome.ts";
import { STREAMS, type StreamName } from "./place.ts";
import type { StreamFile } from "./stream-file.ts";
import { type TextPiece, TextPieces } from "./text-pieces.ts";

/** The output of one step on one host, from wherever an earlier life of the daemon left it. */
export interface StepOutput {
  /** Bytes of each stream that have come: where following goes on. */
  readonly received: Readonly<Record<StreamName, number>>;
  /** Takes what has come, in order; keeps no reference to the chunk. Never throws. */
  push(stream: StreamName, chunk: Buffer): void;
  /** Everything that was pushed is in the files now (but not yet synced). */
  flush(): void;
  /**
   * The step is over: all is on disk, and this is what its outcome shows. Never rejects.
   * @param written bytes that the command wrote to each stream, where more is known to be than came here
   */
  end(written?: Readonly<Record<StreamName, number>>): Promise<Record<StreamName, Captured>>;
}

/** Bytes of one stream that wait to be written. */
const BUFFER = 64 * 1024;
/** Milliseconds that they wait at most. */
const DELAY_MS = 20;

export interface StepOutputOptions {
  clock: Clock;
  files: Readonly<Record<StreamName, StreamFile>>;
  /** What was written, for followers. */
  onText: (stream: StreamName, piece: TextPiece) => void;
  /** So many bytes at the end of a stream came nowhere. */
  onCut: (stream: StreamName, bytes: number) => void;
  onEnd: () => void;
}

/**
 * What comes first is written and told at once; what follows within 20 ms is gathered, at most 64 KiB, so
 * that neither a hundred thousand lines a second nor a slow trickle costs more than it is worth.
 */
export function stepOutput({ clock, files, onText, onCut, onEnd }: StepOutputOptions): StepOutput {
  const waiting: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
  const size: Record<StreamName, number> = { stdout: 0, stderr: 0 };
  const pieces = {
    stdout: new TextPieces(files.stdout.received),
    stderr: new TextPieces(files.stderr.received),
  };
  let quiet: (() => void) | null = null;
  let ended = false;

  const write = (stream: StreamName): void => {
    if (size[stream] === 0) return;
    const bytes = Buffer.concat(waiting[stream]);
    waiting[stream] = [];
    size[stream] = 0;
    files[stream].write(bytes);
    for (const piece of pieces[stream].push(bytes)) onText(stream, piece);
  };
  const flush = (): void => {
    for (const stream of STREAMS) write(stream);
  };
  const rest = (): void => {
    quiet = clock.after(DELAY_MS, () => {
      quiet = null;
      if (size.stdout + size.stderr === 0) return;
      flush();
      rest();
    });
  };

  return {
    get received() {
      return {
        stdout: files.stdout.received + size.stdout,
        stderr: files.stderr.received + size.stderr,
      };
    },
    push(stream, chunk) {
      if (ended) return;
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + BUFFER - size[stream]);
        // A copy: the chunk may be a window into a larger buffer that is used again.
        waiting[stream].push(Buffer.from(part));
        size[stream] += part.length;
        at += part.length;
        if (size[stream] >= BUFFER) write(stream);
      }
      if (quiet !== null) return;
      flush();
      rest();
    },
    flush,
    async end(written) {
      flush();
      if (!ended) {
        ended = true;
        quiet?.();
        for (const stream of STREAMS) for (const piece of pieces[stream].end()) onText(stream, piece);
        for (const stream of STREAMS) {
          const cut = (written?.[stream] ?? 0) - files[stream].received;
          if (cut <= 0) continue;
          files[stream].skip(cut);
          onCut(stream, cut);
        }
        await Promise.all(STREAMS.map((stream) => files[stream].sync()));
        onEnd();
      }
      return { stdout: files.stdout.captured(), stderr: files.stderr.captured() };
    },
  };
}
