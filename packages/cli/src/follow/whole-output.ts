import type { DaemonClient } from "@mtui/core/client";
import type { DaemonEvent, OutputPiece, ResultOf } from "@mtui/core/registry";
import type { FollowPage } from "./follow-jobs.ts";

/** A piece of output of a job, in order; `missing` bytes before it are kept nowhere. */
export interface Printed {
  readonly job: string;
  readonly host: string;
  readonly stream: "stdout" | "stderr";
  readonly missing: number;
  readonly text: string;
}

interface Place {
  readonly job: string;
  readonly host: string;
  readonly step: number;
  readonly stream: "stdout" | "stderr";
}

const PAGE = 256 * 1024;

/**
 * Every byte of output once and in order, from events that say where they stand. What the events do
 * not have (the ring has moved on, the daemon has begun another life) is read from the daemon's files.
 */
export class WholeOutput {
  readonly #client: () => DaemonClient;
  readonly #print: (printed: Printed) => void;
  /** Where each stream goes on. */
  readonly #next = new Map<string, number>();
  /** Begun in the middle: a stream that is not known yet begins where its first event stands. */
  readonly #resumed: boolean;
  #gap = false;

  constructor(options: { client: () => DaemonClient; print: (printed: Printed) => void; resumed: boolean }) {
    this.#client = options.client;
    this.#print = options.print;
    this.#resumed = options.resumed;
  }

  async take(page: FollowPage, signal: AbortSignal): Promise<void> {
    this.#gap ||= page.gap;
    for (const event of page.events) if (event.type === "job.output") await this.#event(event, signal);
    if (!page.finished || !this.#gap) return;
    for (const { id } of page.jobs) await this.#catchUp(id, signal);
  }

  async #event({ job, host, text, data }: DaemonEvent, signal: AbortSignal): Promise<void> {
    if (job === undefined || host === undefined || text === undefined) return;
    const { step, offset, bytes } = (data ?? {}) as { step?: number; offset?: number; bytes?: number };
    const stream = data?.stream === "stderr" ? "stderr" : "stdout";
    if (step === undefined || offset === undefined || bytes === undefined) {
      this.#print({ job, host, stream, missing: 0, text });
      return;
    }
    const place = { job, host, step, stream } as const;
    const next = this.#next.get(keyOf(place)) ?? (this.#resumed ? offset : 0);
    if (offset + bytes <= next) return;
    if (offset !== next) await this.#read(place, { from: next, to: offset + bytes, signal });
    const at = this.#next.get(keyOf(place)) ?? next;
    // What no file has: at least this piece is here.
    if (at <= offset) this.#add(place, { missing: offset - at, text, end: offset + bytes });
  }

  /** To the end of each stream, now that all is written. */
  async #catchUp(job: string, signal: AbortSignal): Promise<void> {
    const params = { job_id: job, output: true, partial: true, limit: 1024 };
    const { streams = [] } = (await this.#client().call("job_result", params, {
      signal,
    })) as ResultOf<"job_result">;
    for (const { host, step, stream, bytes } of streams) {
      const place = { job, host, step, stream };
      const known = this.#next.get(keyOf(place));
      if (known === undefined && this.#resumed) continue;
      if ((known ?? 0) < bytes) await this.#read(place, { from: known ?? 0, to: bytes, signal });
    }
  }

  async #read(place: Place, range: { from: number; to: number; signal: AbortSignal }): Promise<void> {
    const { job, host, step, stream } = place;
    let from = range.from;
    while (from < range.to) {
      const params = { job_id: job, hosts: [host], step, stream, from, limit: PAGE, partial: true };
      const reply = await this.#client().call("job_result", params, { signal: range.signal });
      const pieces: OutputPiece[] = (reply as ResultOf<"job_result">).output ?? [];
      for (const { offset, bytes, missing, text } of pieces)
        this.#add(place, { missing, text, end: offset + bytes });
      const now = this.#next.get(keyOf(place)) ?? from;
      if (now <= from) return;
      from = now;
    }
  }

  #add(place: Place, { missing, text, end }: { missing: number; text: string; end: number }): void {
    this.#next.set(keyOf(place), end);
    const { job, host, stream } = place;
    this.#print({ job, host, stream, missing, text });
  }
}

function keyOf({ job, host, step, stream }: Place): string {
  return JSON.stringify([job, host, step, stream]);
}
