import { randomBytes } from "node:crypto";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { JobState, JobView } from "@mtui/core/registry";
import type { Clock } from "@mtui/core/clock";
import type { EventLog } from "../events/index.ts";
import { LastLine } from "./last-line.ts";
import type { TextPiece } from "./output/index.ts";
import type { JobEnd, JobRecipe, Reached, SavedJob } from "./saved-job.ts";
import { isFinal, mayBecome } from "./state.ts";

export type HostProgress = JobView["hosts"][string];
export type TicketView = NonNullable<JobView["ticket"]>;

export interface JobRequest {
  operation: string;
  /** The request in words, for lists. */
  command: string;
  workspace: string;
  rrid: string | null;
  /** How to begin it again in another life of the daemon. Without it the job ends with the daemon. */
  recipe?: JobRecipe;
}

export interface JobOptions {
  request: JobRequest;
  clock: Clock;
  events: EventLog;
  /** Writes the job down, whenever it has come to another state. @returns why it could not, or null */
  save?: (job: Job) => MtuiError | null;
  /** The same job in an earlier life of the daemon. */
  former?: SavedJob;
  /** How its work ended in that life, if it did. */
  worked?: JobEnd | undefined;
}

/**
 * One slow operation. It belongs to the daemon and not to the client that asked for it: followers
 * come and go. The owner of the work reports through the `step`, `host`, `ticket` and `output`
 * methods; each becomes an event.
 */
export class Job {
  readonly id: string;
  /**
   * By this the hosts know its steps. Ids begin from 1 again when the state was lost, and what a namesake has left
   * on a host must never be taken for this one's: so there is chance in it. (In older rows it is the id alone.)
   */
  readonly trace: string;
  readonly request: JobRequest;
  readonly #clock: Clock;
  readonly #events: EventLog;
  readonly #asked = new AbortController();
  readonly #abort = new AbortController();
  readonly #created: number;
  #state: JobState = "queued";
  #started: number | null = null;
  /** In the life in which it did for the first time. */
  readonly #formerStarted: number | null;
  #finished: number | null = null;
  #step: string | null = null;
  #ticket: TicketView | null = null;
  #end: JobEnd | null = null;
  readonly #hosts = new Map<string, HostProgress>();
  readonly #lastLines = new Map<string, LastLine>();
  /** Where the hosts stood in the earlier life: a step that is come to again began then. */
  readonly #former: SavedJob["hosts"];
  readonly #ended = Promise.withResolvers<void>();
  readonly #frozen = new AbortController();
  readonly #left = Promise.withResolvers<MtuiError>();
  readonly #save: (job: Job) => MtuiError | null;
  #begun = false;
  readonly #again: boolean;
  readonly #resumed: boolean;
  #suspended = false;
  #worked: JobEnd | null;
  #reached: Reached | null;
  /** Of a job that goes again through what it did: how far a cancel finds it. */
  #howFar: (() => Reached) | null = null;

  /** @throws MtuiError state.io when a new one cannot be written down */
  constructor(id: string, options: JobOptions) {
    const { former } = options;
    this.id = id;
    this.trace = former === undefined ? `${id}.${randomBytes(6).toString("hex")}` : (former.trace ?? id);
    this.request = options.request;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#again = former?.begun === true && !isFinal(former.state);
    this.#begun = this.#again;
    this.#resumed = former !== undefined;
    this.#former = former?.hosts ?? {};
    this.#created = former?.created ?? this.#clock.now();
    this.#formerStarted = former?.started ?? null;
    this.#save = options.save ?? (() => null);
    this.#worked = options.worked ?? null;
    this.#reached = former?.reached ?? null;
    if (former?.state === "cancelling") {
      this.#state = "cancelling";
      this.#asked.abort(cancelled("It was cancelled before the daemon was started again."));
    }
    // A new one is written down before anybody hears its name; a known one is in the books already.
    const refused = former === undefined ? this.#save(this) : null;
    if (refused !== null) throw refused;
    this.#emit("job.state", { data: { state: this.#state, command: options.request.command } });
  }

  get state(): JobState {
    return this.#state;
  }

  get final(): boolean {
    return isFinal(this.#state);
  }

  /**
   * Ends the work. Of a job that goes again through what it did in a former life, it fires when that is over:
   * what was done then is gone through as it was, so that what is left of it is found and ended.
   */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Fires as soon as somebody cancels it. Nothing is begun any more that it had not begun before. */
  get cancelled(): AbortSignal {
    return this.#asked.signal;
  }

  /** How far it was when it was cancelled in a former life, or is cancelled now; null when nobody did. */
  get reached(): Reached | null {
    return this.#reached;
  }

  /** Its steps are counted here: asked when it is cancelled, so that the next life knows. */
  countedBy(howFar: () => Reached): void {
    this.#howFar = howFar;
    if (this.#state !== "cancelling" || this.#reached !== null) return;
    this.#reached = howFar();
    this.#save(this);
  }

  /** Everything that a former life did has been gone through: from here on the cancel holds everywhere. */
  cancelHere(): void {
    if (this.cancelled.aborted) this.#abort.abort(this.cancelled.reason);
  }

  get end(): JobEnd | null {
    return this.#end;
  }

  get createdAt(): number {
    return this.#created;
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
    this.#started ??= this.#formerStarted ?? this.#clock.now();
    if (this.#state !== "cancelling") this.#transition("running");
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

  /** From now on hosts are changed for it: it cannot simply begin again. @throws MtuiError state.io */
  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const refused = this.#save(this);
    if (refused === null) return;
    this.#begun = false;
    throw refused;
  }

  /** It had begun in a former life of the daemon: what it did then is not done again. */
  get again(): boolean {
    return this.#again;
  }

  /** It was asked for in a former life of the daemon, whether it had begun then or not. */
  get resumed(): boolean {
    return this.#resumed;
  }

  /** Has anything been changed for it on any host, as far as we know? */
  get begun(): boolean {
    return this.#begun;
  }

  step(text: string): void {
    this.#step = text;
    this.#emit("job.step", { text });
  }

  host(name: string, progress: HostProgress): void {
    const known = this.#hosts.get(name) ?? this.#former[name];
    const same = known?.step === progress.step && known?.state === progress.state;
    const since = (same ? known?.since : undefined) ?? this.#clock.now();
    // What was printed last belongs to the step that printed it.
    if (known !== undefined && known.step !== progress.step) this.#lastLines.delete(name);
    this.#hosts.set(name, { ...progress, since });
    this.#emit("job.host", { host: name, data: { ...progress, since } });
  }

  hostState(name: string): HostProgress["state"] | undefined {
    return this.#hosts.get(name)?.state;
  }

  /** A piece of what a step printed; `output/` cuts it to size. */
  output(host: string, { text, ...data }: TextPiece & { stream: "stdout" | "stderr"; step: number }): void {
    const lines = this.#lastLines.get(host) ?? new LastLine();
    this.#lastLines.set(host, lines);
    lines.push(text);
    this.#emit("job.output", { host, text, data });
  }

  note(text: string): void {
    this.#emit("job.note", { text });
  }

  /** @returns false when the job had ended already: then it says so and nothing changes. */
  cancel(reason: string): boolean {
    if (this.final) return false;
    if (this.#state !== "cancelling") {
      this.#reached = this.#howFar?.() ?? null;
      this.#transition("cancelling");
    }
    this.#asked.abort(cancelled(reason));
    if (!this.#again || this.#howFar === null) this.cancelHere();
    return true;
  }

  /** What is left is to give hosts back: the next life does that, and none of the work. */
  hasWorked(end: JobEnd): void {
    this.#worked = end;
    this.#save(this);
  }

  /** How its work ended, when all that is left is to give its hosts back. */
  get worked(): JobEnd | null {
    return this.#worked;
  }

  /**
   * The daemon stops, and its next life goes on with this job: it stays written down as it is. One that has
   * begun is left where it is (its steps are frozen), so that nothing of it is ended or undone.
   * @returns false when it cannot go on: it must be cancelled
   */
  suspend(): boolean {
    // One that waits for its turn to go on has nothing under way here that could be ended.
    const ending = this.#state === "cancelling" && !(this.#again && this.#started === null);
    if (this.final || this.request.recipe === undefined || ending) return false;
    if (!this.#begun) {
      this.#suspended = true;
      this.#asked.abort(stopping(this.id));
      this.cancelHere();
    } else this.#frozen.abort();
    this.#left.resolve(stopping(this.id));
    return true;
  }

  /** Fires when none of its steps is to answer any more: it goes on in the daemon's next life. */
  get frozen(): AbortSignal {
    return this.#frozen.signal;
  }

  /** Resolves when the job goes on without this life of the daemon, with what its callers are told. */
  get left(): Promise<MtuiError> {
    return this.#left.promise;
  }

  /** The end of an earlier life, as it was written down. */
  recall({ started, finished, hosts, step }: SavedJob, end: JobEnd): void {
    this.#suspended = true;
    this.#started = started;
    this.#step = step;
    for (const [host, progress] of Object.entries(hosts)) this.#hosts.set(host, progress);
    this.finish(end);
    this.#finished = finished ?? this.#finished;
  }

  finish(end: JobEnd): void {
    // Nothing that it still comes to is its end: it goes on in the next life.
    if (this.final || this.frozen.aborted) return;
    this.#finished = this.#clock.now();
    this.#ticket = null;
    this.#end = end;
    // They may be large, and nothing begins again with them; one that is suspended does.
    if (this.request.recipe !== undefined && !this.#suspended) this.request.recipe.params = {};
    if (!mayBecome(this.#state, end.state) && this.#state !== "cancelling") this.#transition("running");
    this.#transition(end.state);
    this.#ended.resolve();
  }

  /** A throw of the work: `cancelled` when that is what it was, else `failed` with the reason. */
  fail(thrown: unknown): void {
    this.finish(this.failure(thrown));
  }

  failure(thrown: unknown): JobEnd {
    const error = toMtuiError(thrown);
    const ended =
      this.cancelled.aborted && (error.kind === "job.cancelled" || error.kind === "request.cancelled");
    return { state: ended ? "cancelled" : "failed", result: null, error: error.toReport() };
  }

  saved(): SavedJob {
    const worked = this.final ? null : this.#worked;
    return {
      ...this.request,
      recipe: this.request.recipe ?? null,
      trace: this.trace,
      state: this.#state,
      begun: this.#begun,
      created: this.#created,
      started: this.#started ?? this.#formerStarted,
      finished: this.#finished,
      step: this.#step,
      hosts: Object.fromEntries(this.#hosts),
      error: this.#end?.error ?? null,
      reached: this.#reached,
      worked: worked === null ? null : { state: worked.state, error: worked.error ?? null },
    };
  }

  view(): JobView {
    const { operation, command, workspace, rrid } = this.request;
    const until = this.#finished ?? this.#clock.now();
    return {
      id: this.id,
      operation,
      command,
      workspace,
      rrid,
      state: this.#state,
      created_at: this.#created,
      started_at: this.#started ?? this.#formerStarted,
      finished_at: this.#finished,
      elapsed: (until - (this.#started ?? this.#formerStarted ?? this.#created)) / 1000,
      step: this.#step,
      hosts: this.#hostViews(),
      ticket: this.#ticket,
      error: this.#end?.error ?? null,
    };
  }

  #hostViews(): JobView["hosts"] {
    return Object.fromEntries(
      [...this.#hosts].map(([host, progress]) => {
        const line = this.#lastLines.get(host)?.line ?? "";
        return [host, line === "" ? progress : { ...progress, last_line: line }];
      }),
    );
  }

  #transition(to: JobState): void {
    if (this.#state === to) return;
    if (!mayBecome(this.#state, to)) throw new Error(`job ${this.id}: ${this.#state} cannot become ${to}`);
    this.#state = to;
    if (!this.#suspended) this.#save(this);
    const error = this.#end?.error;
    this.#emit("job.state", { data: { state: to, ...(error ? { error } : {}) } });
  }

  #emit(type: string, fields: { host?: string; text?: string; data?: Record<string, unknown> }): void {
    this.#events.append({ type, job: this.id, workspace: this.request.workspace, ...fields });
  }
}

function cancelled(reason: string): MtuiError {
  return new MtuiError("job.cancelled", reason);
}

function stopping(id: string): MtuiError {
  return new MtuiError("daemon.stopping", `The daemon stops; ${id} goes on when it has started again.`, {
    hint: `mtuictl job follow ${id} starts it and shows how it goes on.`,
    retryable: true,
    data: { job: id },
  });
}
