import { HeadTail } from "../../ssh/capture.ts";
import { scanMarks } from "../../ssh/marker.ts";
import type { ShellSink, StreamName } from "../../ssh/transport.ts";
import type { Captured } from "../outcome.ts";

/** What one follower said; the first of these that comes stands. */
export type Followed =
  | { readonly why: "ended"; readonly exit: number; readonly release: string }
  /** The runner is gone without an end: `boot` when the host was rebooted meanwhile. */
  | { readonly why: "died"; readonly of: "runner" | "boot" }
  | { readonly why: "refused"; readonly reason: string }
  /** It has begun already, or is about to: who only starts cannot say more. */
  | { readonly why: "elsewhere" }
  | { readonly why: "closed" };

export interface Attachment {
  readonly sink: ShellSink;
  readonly said: Promise<Followed>;
  /** The process that waits for the end and can be woken to look at the output; null when it looks already. */
  readonly waiting: Promise<number | null>;
  /** This follower has seen the command at work. */
  readonly running: Promise<void>;
}

type Counts = Record<StreamName, number>;

/**
 * The two streams of one durable command, over any number of followers. What a follower that broke off had
 * begun to say of its own is no output, and does not move the offset at which the next one goes on.
 */
export class DurableStreams {
  readonly #from: Counts;
  readonly #received: Counts = { stdout: 0, stderr: 0 };
  /** Bytes that the host did not keep. */
  readonly #dropped: Counts = { stdout: 0, stderr: 0 };
  readonly #kept: Record<StreamName, HeadTail>;
  readonly #group = Promise.withResolvers<number | null>();
  readonly #onOutput: (stream: StreamName, chunk: Buffer) => void;
  readonly #onLife: () => void;
  /** What the host last said of it, as it said it. */
  #written = "";

  constructor(options: {
    from: Counts;
    capture: number;
    onOutput: (stream: StreamName, chunk: Buffer) => void;
    /** The command writes, although nothing comes of it: the host keeps no more. */
    onLife: () => void;
  }) {
    this.#from = options.from;
    this.#onOutput = options.onOutput;
    this.#onLife = options.onLife;
    this.#kept = { stdout: new HeadTail(options.capture), stderr: new HeadTail(options.capture) };
  }

  /** Where the next follower goes on. */
  get offsets(): Counts {
    return {
      stdout: this.#from.stdout + this.#received.stdout,
      stderr: this.#from.stderr + this.#received.stderr,
    };
  }

  /** The command's process group; null when nothing runs, 0 when it cannot be known. */
  get group(): Promise<number | null> {
    return this.#group.promise;
  }

  get captured(): { stdout: Captured; stderr: Captured } {
    return { stdout: this.#captured("stdout"), stderr: this.#captured("stderr") };
  }

  attach(nonce: string): Attachment {
    const { promise, resolve } = Promise.withResolvers<Followed>();
    const waiting = Promise.withResolvers<number | null>();
    const running = Promise.withResolvers<void>();
    const phases: Record<StreamName, "before" | "running" | "after"> = {
      stdout: "before",
      stderr: "before",
    };
    let last: Followed = { why: "closed" };
    let counts: string[] = [];
    const onMark = (name: StreamName, words: string[]): void => {
      const [word, first = "", second = "-", ...written] = words;
      if (word === "refused") {
        this.#group.resolve(null);
        resolve({ why: "refused", reason: [first, ...words.slice(2)].join(" ") });
      } else if (word === "elsewhere") {
        resolve({ why: "elsewhere" });
      } else if (word === "group") {
        this.#group.resolve(Number(first));
        running.resolve();
      } else if (word === "go") {
        phases[name] = "running";
        if (name === "stdout") waiting.resolve(/^[1-9]\d*$/.test(first) ? Number(first) : null);
      } else if (word === "tick") {
        const now = words.slice(1).join(" ");
        if (now !== this.#written && this.#written !== "") this.#onLife();
        this.#written = now;
      } else if (word === "end") {
        phases[name] = "after";
        if (name === "stdout") [last, counts] = [ending(first, second), written];
        if (phases.stdout !== "after" || phases.stderr !== "after") return;
        // Only now: one stream may be read to its end before the other.
        this.#count(counts);
        resolve(last);
      }
    };
    const scanner = (name: StreamName) =>
      scanMarks(nonce, {
        onBytes: (chunk) => {
          if (phases[name] === "running") this.#take(name, chunk);
        },
        onMark: (words) => onMark(name, words),
      });
    const scanners = { stdout: scanner("stdout"), stderr: scanner("stderr") };
    const sink: ShellSink = {
      onOutput: (stream, chunk) => scanners[stream].push(chunk),
      onClose: () => resolve({ why: "closed" }),
    };
    return { sink, said: promise, running: running.promise, waiting: waiting.promise };
  }

  #take(name: StreamName, chunk: Buffer): void {
    this.#received[name] += chunk.length;
    this.#kept[name].push(chunk);
    this.#onOutput(name, chunk);
  }

  /** What the pumps wrote in all: each byte that they read, and those that went into the file. */
  #count([stdout, stderr]: string[]): void {
    const { offsets } = this;
    const over = (text: string | undefined, file: number): number => {
      const written = Number(text);
      return Number.isSafeInteger(written) ? Math.max(0, written - 2 * file) : 0;
    };
    this.#dropped.stdout = over(stdout, offsets.stdout);
    this.#dropped.stderr = over(stderr, offsets.stderr);
  }

  #captured(name: StreamName): Captured {
    const { head, tail, bytes, dropped } = this.#kept[name].captured();
    const lost = this.#dropped[name];
    return { head, tail, bytes: this.#from[name] + bytes + lost, dropped: dropped + lost };
  }
}

function ending(first: string, release: string): Followed {
  if (first === "runner" || first === "boot") return { why: "died", of: first };
  return { why: "ended", exit: Number(first), release };
}
