import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "@mtui/core/clock";
import type { Log } from "../../log/index.ts";
import { asFileName, fromFileName, hostDirectory, type StreamId, type StreamName } from "./place.ts";
import { endOf, keptBytes, readSegments, type Segment } from "./segments.ts";
import { type StepOutput, stepOutput } from "./step-output.ts";
import { StreamFile } from "./stream-file.ts";
import type { TextPiece } from "./text-pieces.ts";

export interface OutputLimits {
  /** Bytes kept of one stream of one step: half as its beginning, half as its end. */
  streamBytes: number;
  /** Bytes kept of all jobs together; beyond, the output of the oldest ended jobs goes. */
  keepBytes: number;
}

export interface OpenStep {
  job: string;
  host: string;
  /** Number of the step on this host within the job. */
  step: number;
  /** A query's answer: what there was of it goes, and it is no part of the job's output. */
  fresh?: boolean;
  /** Bytes of each stream that the outcome shows. @default 1 MiB */
  capture?: number;
  onText?: (stream: StreamName, piece: TextPiece) => void;
  /** Told once, when output cannot be written, and when a stream's end is missing. */
  onNote?: (text: string) => void;
}

export interface StreamFacts extends StreamId {
  /** Bytes of the stream so far, kept or not. */
  readonly bytes: number;
  readonly kept: number;
}

interface JobBytes {
  bytes: number;
  /** When it ended; null: it goes on. */
  ended: number | null;
}

/**
 * What the commands of jobs print, in `<directory>/<job>/<host>/<step>.{out,err}`. Writing never throws: a
 * disk that is full costs output, not work.
 */
export class JobOutputs implements Disposable {
  readonly #directory: string;
  readonly #options: { clock: Clock; log: Log; limits: OutputLimits };
  readonly #jobs = new Map<string, JobBytes>();
  readonly #open = new Map<string, Set<StepOutput>>();
  #total = 0;

  constructor(directory: string, options: { clock: Clock; log: Log; limits: OutputLimits }) {
    this.#directory = directory;
    this.#options = options;
  }

  /** Bytes on disk, of all jobs. */
  get total(): number {
    return this.#total;
  }

  /** Goes on where the directory ends, when an earlier life of the daemon began it. */
  open(options: OpenStep): StepOutput {
    const { job, host, step, fresh = false, capture = 1024 * 1024, onText, onNote } = options;
    if (!Number.isSafeInteger(step) || step < 0) throw new Error(`step ${step} is no number of a step`);
    const { clock, limits } = this.#options;
    let told = false;
    const onTrouble = (error: unknown): void => {
      if (told) return;
      told = true;
      this.#tell(error, { job, host, ...(onNote === undefined ? {} : { onNote }) });
    };
    const directory = hostDirectory(this.#of(job), host);
    const known = readSegments(directory).filter((each) => each.step === step);
    if (fresh) for (const { segments } of known) this.#removeFiles(job, segments);
    const query = fresh || known.some((each) => each.query);
    const file = (stream: StreamName): StreamFile =>
      new StreamFile({
        directory,
        file: { step, stream, query },
        segments: known.find((each) => each.stream === stream && each.query === query)?.segments ?? [],
        // What the outcome shows must be there for the job's next life.
        cap: Math.max(limits.streamBytes, 2 * capture),
        capture,
        onDisk: (bytes) => this.#count(job, bytes),
        onTrouble,
      });
    const steps = this.#open.get(job) ?? new Set();
    this.#open.set(job, steps);
    const output = stepOutput({
      clock,
      files: { stdout: file("stdout"), stderr: file("stderr") },
      onText: (stream, piece) => (query ? undefined : onText?.(stream, piece)),
      onCut: (stream, bytes) =>
        onNote?.(
          `${host}: the last ${bytes} bytes of ${stream} were not kept there (jobs.spool_bytes, or a full disk).`,
        ),
      onEnd: () => {
        steps.delete(output);
        if (steps.size === 0 && this.#open.get(job) === steps) this.#open.delete(job);
      },
    });
    steps.add(output);
    return output;
  }

  /** What there is of a job, by host and step. */
  streams(job: string): StreamFacts[] {
    this.#flush(job);
    return directoriesIn(this.#of(job)).flatMap((directory) => {
      const host = fromFileName(directory);
      if (host === null) return [];
      const all = readSegments(join(this.#of(job), directory)).filter(({ query }) => !query);
      return all.map(({ step, stream, segments }) => ({
        host,
        step,
        stream,
        bytes: endOf(segments),
        kept: keptBytes(segments),
      }));
    });
  }

  /** The pieces of one stream that are kept; for `readOn`. */
  segments(job: string, { host, step, stream }: StreamId): readonly Segment[] {
    this.#flush(job);
    const all = readSegments(hostDirectory(this.#of(job), host));
    return all.find((each) => !each.query && each.step === step && each.stream === stream)?.segments ?? [];
  }

  /** The job has ended: from now on its output may have to make room. */
  ended(job: string): void {
    this.#flush(job);
    this.#open.delete(job);
    const entry = this.#jobs.get(job);
    if (entry === undefined) return;
    entry.ended = this.#options.clock.now();
    this.#makeRoom();
  }

  /** Nobody can ask for the job any more. */
  forget(job: string): void {
    this.#open.delete(job);
    this.#remove(job);
    this.#jobs.delete(job);
  }

  /** What earlier lives of the daemon left: of jobs that nobody knows it is removed. */
  restore(known: Iterable<{ id: string; ended: number | null }>): void {
    const jobs = new Map([...known].map(({ id, ended }) => [asFileName(id), { id, ended }]));
    for (const name of directoriesIn(this.#directory)) {
      const job = jobs.get(name);
      if (job === undefined) {
        rmSync(join(this.#directory, name), { recursive: true, force: true });
        continue;
      }
      this.#jobs.set(job.id, { bytes: 0, ended: job.ended });
      this.#count(job.id, this.#sizeOf(name));
    }
    this.#makeRoom();
  }

  /** The daemon ends: what waits to be written is written. */
  [Symbol.dispose](): void {
    for (const job of this.#open.keys()) this.#flush(job);
  }

  #of(job: string): string {
    return join(this.#directory, asFileName(job));
  }

  #flush(job: string): void {
    for (const output of this.#open.get(job) ?? []) output.flush();
  }

  #count(job: string, bytes: number): void {
    const entry = this.#jobs.get(job) ?? { bytes: 0, ended: null };
    this.#jobs.set(job, entry);
    entry.bytes += bytes;
    this.#total += bytes;
    if (bytes > 0) this.#makeRoom();
  }

  /** What goes on is never cut for it: its own bound is the cap of each stream. */
  #makeRoom(): void {
    if (this.#total <= this.#options.limits.keepBytes) return;
    const ended = [...this.#jobs].filter(([, { ended, bytes }]) => ended !== null && bytes > 0);
    ended.sort(([, a], [, b]) => (a.ended ?? 0) - (b.ended ?? 0));
    for (const [job] of ended) {
      if (this.#total <= this.#options.limits.keepBytes) return;
      this.#remove(job);
    }
  }

  #sizeOf(directory: string): number {
    const hosts = directoriesIn(join(this.#directory, directory));
    const all = hosts.flatMap((host) => readSegments(join(this.#directory, directory, host)));
    return all.reduce((sum, { segments }) => sum + keptBytes(segments), 0);
  }

  #removeFiles(job: string, segments: Segment[]): void {
    for (const { path, size } of segments.splice(0)) {
      try {
        rmSync(path, { force: true });
        this.#count(job, -size);
      } catch (error) {
        this.#options.log("warn", `${path} cannot be removed: ${String(error)}`);
      }
    }
  }

  #remove(job: string): void {
    const entry = this.#jobs.get(job);
    if (entry !== undefined) this.#total -= entry.bytes;
    if (entry !== undefined) entry.bytes = 0;
    try {
      rmSync(this.#of(job), { recursive: true, force: true });
    } catch (error) {
      this.#options.log("warn", `the output of ${job} cannot be removed: ${String(error)}`);
    }
  }

  #tell(error: unknown, { job, host, onNote }: Pick<OpenStep, "job" | "host" | "onNote">): void {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `${host}: its output cannot be written down and will not be complete: ${reason}`;
    this.#options.log("warn", `${job}: ${text}`);
    onNote?.(text);
  }
}

function directoriesIn(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
  } catch {
    return [];
  }
}
