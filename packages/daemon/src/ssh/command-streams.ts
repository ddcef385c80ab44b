import type { Captured } from "../hosts/outcome.ts";
import { HeadTail } from "./capture.ts";
import { type MarkScanner, scanMarks } from "./marker.ts";
import type { ShellSink, StreamName } from "./transport.ts";

/** What the far side said about a command script; the first of these that comes stands. */
export type Said = { readonly why: "ended"; readonly exit: number } | { readonly why: "closed" };

export interface CommandStreamsOptions {
  readonly nonce: string;
  /** Bytes kept of each stream. */
  readonly capture: number;
  readonly onOutput: ((stream: StreamName, chunk: Buffer) => void) | undefined;
  /** Called for every chunk, marks included: a sign of life. */
  readonly onLife: () => void;
}

/**
 * The two streams of one command script, between their marks. Bytes before the begin mark are what a
 * login file printed; bytes after the end mark come from what the command left behind. The end
 * counts when it has come on both streams, because they travel separately.
 */
export class CommandStreams {
  readonly #options: CommandStreamsOptions;
  readonly #streams: Record<
    StreamName,
    { scanner: MarkScanner; kept: HeadTail; phase: "before" | "running" | "after" }
  >;
  readonly #said = Promise.withResolvers<Said>();
  readonly #group = Promise.withResolvers<number>();
  #exit = Number.NaN;

  constructor(options: CommandStreamsOptions) {
    this.#options = options;
    this.#streams = { stdout: this.#stream("stdout"), stderr: this.#stream("stderr") };
  }

  get said(): Promise<Said> {
    return this.#said.promise;
  }

  /** The process group once it runs; 0 when it cannot be known. */
  get group(): Promise<number> {
    return this.#group.promise;
  }

  get captured(): { stdout: Captured; stderr: Captured } {
    return { stdout: this.#streams.stdout.kept.captured(), stderr: this.#streams.stderr.kept.captured() };
  }

  get sink(): ShellSink {
    return {
      onOutput: (stream, chunk) => {
        this.#options.onLife();
        this.#streams[stream].scanner.push(chunk);
      },
      onClose: () => {
        this.#streams.stdout.scanner.flush();
        this.#streams.stderr.scanner.flush();
        this.#group.resolve(0);
        this.#said.resolve({ why: "closed" });
      },
    };
  }

  #stream(name: StreamName): { scanner: MarkScanner; kept: HeadTail; phase: "before" | "running" | "after" } {
    const scanner = scanMarks(this.#options.nonce, {
      onBytes: (chunk) => this.#bytes(name, chunk),
      onMark: (words) => this.#mark(name, words),
    });
    return { scanner, kept: new HeadTail(this.#options.capture), phase: "before" };
  }

  #bytes(name: StreamName, chunk: Buffer): void {
    const stream = this.#streams[name];
    if (stream.phase !== "running") return;
    stream.kept.push(chunk);
    this.#options.onOutput?.(name, chunk);
  }

  #mark(name: StreamName, [word, first]: string[]): void {
    if (word === "go") {
      this.#streams[name].phase = "running";
      if (name === "stdout") this.#group.resolve(Number(first));
    } else if (word === "end") {
      this.#streams[name].phase = "after";
      if (name === "stdout") this.#exit = Number(first);
      const both = this.#streams.stdout.phase === "after" && this.#streams.stderr.phase === "after";
      if (both) this.#said.resolve({ why: "ended", exit: this.#exit });
    }
  }
}
