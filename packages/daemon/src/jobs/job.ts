import { type ErrorReport, MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { JobState, JobView } from "@mtui/core/registry";
import type { Clock } from "../clock.ts";
import type { EventLog } from "../events/index.ts";
import { isFinal, mayBecome } from "./state.ts";

export type HostProgress = JobView["hosts"][string];
export type TicketView = NonNullable<JobView["ticket"]>;

export interface JobRequest {
  operation: string;
  /** The request in words, for lists. */
  command: string;
  workspace: string;
  rrid: string | null;
}

/** How the work of a job ended, when it ended by itself. */
export interface JobEnd {
  state: "done" | "failed" | "lost" | "cancelled";
  result: unknown;
  error?: ErrorReport;
}

/** Bytes of one output event; a longer chunk is split. */
const OUTPUT_EVENT = 16 * 1024;

/**
 * One slow operation. It belongs to the daemon and not to the client that asked for it: followers
 * come and go. The owner of the work reports through the `step`, `host`, `ticket` and `output`
 * methods; each becomes an event.
 */
export class Job {
  readonly id: string;
  readonly request: JobRequest;
  readonly #clock: Clock;
  readonly #events: EventLog;
  readonly #abort = new AbortController();
  readonly #created: number;
  #state: JobState = "queued";
  #started: number | null = null;
  #finished: number | null = null;
  #step: string | null = null;
  #ticket: TicketView | null = null;
  #end: JobEnd | null = null;
  readonly #hosts = new Map<string, HostProgress>();
  readonly #ended = Promise.withResolvers<void>();

  constructor(id: string, options: { request: JobRequest; clock: Clock; events: EventLog }) {
    this.id = id;
    this.request = options.request;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#created = this.#clock.now();
    this.#emit("job.state", { data: { state: this.#state, command: options.request.command } });
  }

  get state(): JobState {
    return this.#state;
  }

  get final(): boolean {
    return isFinal(this.#state);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get end(): JobEnd | null {
    return this.#end;
  }

  get finishedAt(): number | null {
    return this.#finished;
  }

  /** Resolves when the job has reached a final state; never rejects. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  running(): void {
    this.#ticket = null;
    this.#started ??= this.#clock.now();
    this.#transition("running");
  }

  /** A place in the queue, or its change; null when the hosts are there. */
  waiting(ticket: TicketView | null): void {
    if (this.final || this.#state === "cancelling") return;
    if (ticket === null) {
      if (this.#state === "waiting") this.running();
      return;
    }
    const moved = this.#ticket?.position !== ticket.position;
    this.#ticket = ticket;
    if (this.#state !== "waiting") {
      // Hosts of an attempt that was given up are not this job's any more.
      this.#hosts.clear();
      this.#transition("waiting");
    }
    if (moved) this.#emit("job.ticket", { data: { ticket } });
  }

  /** Somebody else's operation lock is in the way: not a place in a queue, but no work either. */
  waitingForLocks(now: boolean): void {
    if (now && this.#state === "running") this.#transition("waiting");
    if (!now && this.#state === "waiting" && this.#ticket === null) this.#transition("running");
  }

  step(text: string): void {
    this.#step = text;
    this.#emit("job.step", { text });
  }

  host(name: string, progress: HostProgress): void {
    this.#hosts.set(name, progress);
    this.#emit("job.host", { host: name, data: { ...progress } });
  }

  hostState(name: string): HostProgress["state"] | undefined {
    return this.#hosts.get(name)?.state;
  }

  output(host: string, chunk: { stream: "stdout" | "stderr"; text: string }): void {
    for (let start = 0; start < chunk.text.length; start += OUTPUT_EVENT) {
      this.#emit("job.output", {
        host,
        text: chunk.text.slice(start, start + OUTPUT_EVENT),
        data: { stream: chunk.stream },
      });
    }
  }

  note(text: string): void {
    this.#emit("job.note", { text });
  }

  /** @returns false when the job had ended already: then it says so and nothing changes. */
  cancel(reason: string): boolean {
    if (this.final) return false;
    if (this.#state !== "cancelling") this.#transition("cancelling");
    this.#abort.abort(new MtuiError("job.cancelled", reason));
    return true;
  }

  finish(end: JobEnd): void {
    if (this.final) return;
    this.#finished = this.#clock.now();
    this.#ticket = null;
    this.#end = end;
    if (!mayBecome(this.#state, end.state) && this.#state !== "cancelling") this.#transition("running");
    this.#transition(end.state);
    this.#ended.resolve();
  }

  /** A throw of the work: `cancelled` when that is what it was, else `failed` with the reason. */
  fail(thrown: unknown): void {
    const error = toMtuiError(thrown);
    const cancelled =
      this.signal.aborted && (error.kind === "job.cancelled" || error.kind === "request.cancelled");
    this.finish({ state: cancelled ? "cancelled" : "failed", result: null, error: error.toReport() });
  }

  view(): JobView {
    const until = this.#finished ?? this.#clock.now();
    return {
      id: this.id,
      ...this.request,
      state: this.#state,
      created_at: this.#created,
      started_at: this.#started,
      finished_at: this.#finished,
      elapsed: (until - (this.#started ?? this.#created)) / 1000,
      step: this.#step,
      hosts: Object.fromEntries(this.#hosts),
      ticket: this.#ticket,
      error: this.#end?.error ?? null,
    };
  }

  #transition(to: JobState): void {
    if (this.#state === to) return;
    if (!mayBecome(this.#state, to)) throw new Error(`job ${this.id}: ${this.#state} cannot become ${to}`);
    this.#state = to;
    const error = this.#end?.error;
    this.#emit("job.state", { data: { state: to, ...(error ? { error } : {}) } });
  }

  #emit(type: string, fields: { host?: string; text?: string; data?: Record<string, unknown> }): void {
    this.#events.append({ type, job: this.id, workspace: this.request.workspace, ...fields });
  }
}
