import { type ErrorReport, MtuiError } from "@mtui/core/protocol";
import { type Clock, pause } from "@mtui/core/clock";
import type {
  Captured,
  CommandOutcome,
  ExecOptions,
  HeldLock,
  HostSession,
  LockPurpose,
  LockRelease,
  LockTaking,
  RebootOutcome,
} from "../../hosts/index.ts";
import { recordedReboot } from "./recorded-reboot.ts";
import type { SavedEnd, SavedLock, SavedStep, StepJournal, StepKey, StepOutputs } from "./saved-step.ts";

export interface RecordedOptions {
  readonly job: string;
  /** By which its hosts know its steps. */
  readonly trace: string;
  /** The host's session of now: it is replaced when the connection is made again. */
  readonly session: () => HostSession;
  readonly journal: StepJournal;
  readonly outputs: StepOutputs;
  readonly clock: Clock;
  /** The job had begun in a former life of the daemon: what is not written down may be at work. */
  readonly again: boolean;
  /** When it fires, no step answers any more: the job goes on in the next life. */
  readonly frozen: AbortSignal;
  /** The cancel has reached this host: of what is not shielded from it, nothing is begun any more. */
  readonly stopped: AbortSignal;
  /** Told of each step before anything is done for it. */
  readonly asks: (step: number) => void;
  /** Tries to connect the host, if it is not. @returns why it is not the workspace's any more; null = it is */
  readonly reach: (signal: AbortSignal) => Promise<ErrorReport | null>;
  /** For so long a step is asked for again that changes nothing, when its host is away (milliseconds). */
  readonly patienceMs: number;
}

type Changed = CommandOutcome & { lockReleased?: boolean };
type Outcome = Changed | { readonly state: "absent" };
type Unreachable = Extract<CommandOutcome, { state: "unreachable" }>;

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 15_000;

/**
 * A host as one job sees it, with a memory that outlives the daemon. Steps are numbered as the job comes to
 * them. One whose end is written down answers with that; one that may be at work on the host is followed;
 * any other is done, and its end written down before the job hears of it. So the job's next life, which
 * does everything again from its beginning, does nothing twice.
 */
export class RecordedSession implements HostSession {
  readonly #options: RecordedOptions;
  #step = 0;
  /** The lock that a former life took and gave back, while what it did under it is gone through again. */
  #past: string | null = null;

  constructor(options: RecordedOptions) {
    this.#options = options;
  }

  get #session(): HostSession {
    return this.#options.session();
  }

  get claim(): HostSession["claim"] {
    return this.#session.claim;
  }

  get name(): string {
    return this.#session.name;
  }

  get facts(): HostSession["facts"] {
    return this.#session.facts;
  }

  get connected(): boolean {
    return this.#session.connected;
  }

  /** Without the job's own one: that is no left-over. */
  get locks(): readonly HeldLock[] {
    const mine = this.#held()?.nonce;
    return this.#session.locks.filter(({ nonce }) => nonce !== mine);
  }

  async query(command: string, options: ExecOptions = {}): Promise<CommandOutcome> {
    return await this.#recorded({ kind: "query", command, options }, async (key) => {
      const output = this.#options.outputs.open(key, { fresh: true, capture: captureOf(options) });
      if (this.#options.again && options.signal?.aborted) return this.#notBegun();
      const { onOutput: _, ...quiet } = options;
      return await this.#askAgain({ ...options, away: ["lost", "unreachable"] }, async () => {
        const outcome = await this.#session.query(command, quiet);
        // Whole, and only when it is the answer: what came of a broken one is no part of it.
        if ("stdout" in outcome && outcome.state !== "lost") {
          for (const stream of ["stdout", "stderr"] as const)
            for (const part of [outcome[stream].head, outcome[stream].tail]) output.push(stream, part);
          await output.end();
        }
        return outcome;
      });
    });
  }

  async change(
    command: string,
    lock: HeldLock,
    options: ExecOptions & { release?: boolean } = {},
  ): Promise<Changed> {
    const changed = await this.#recorded({ kind: "change", command, options }, async (key) => {
      const output = this.#options.outputs.open(key, { capture: captureOf(options) });
      const id = this.#idOf(key);
      const wishes = {
        ...options,
        detach: this.#options.frozen,
        // Followers are told by the files' writer: who comes late is told the same.
        onOutput: (stream: "stdout" | "stderr", chunk: Buffer) => output.push(stream, chunk),
      };
      let stopped = false;
      let outcome: Outcome = { state: "absent" };
      if (this.#options.again)
        outcome = await this.#askAgain({ ...options, away: ["unreachable"] }, async () => {
          stopped = options.signal?.aborted === true;
          return await this.#session.follow(id, { ...wishes, from: output.received });
        });
      if (this.#options.again && stopped) outcome = this.#asCancelled(outcome);
      if (outcome.state === "absent") outcome = await this.#session.change(command, lock, { ...wishes, id });
      if (!("stdout" in outcome)) return outcome;
      const { stdout, stderr } = outcome;
      return { ...outcome, ...(await output.end({ stdout: stdout.bytes, stderr: stderr.bytes })) };
    });
    if (changed.lockReleased === true && this.#past === null) this.#forgetLock();
    return changed;
  }

  async takeLock(kind: HeldLock["kind"], purpose: LockPurpose): Promise<LockTaking> {
    const former = kind === "operation" && this.#options.again ? this.#lock() : null;
    const step = this.#step + 1;
    const begun = former !== null && this.#options.journal.find({ ...this.#where, step }) !== null;
    // All that is done under this one was done in a former life, and it was given back there.
    if (former !== null && (former.step > step || (begun && !former.held))) {
      this.#past = former.lock.nonce;
      return { state: "taken", lock: former.lock };
    }
    this.#past = null;
    if (former?.held === true) {
      // Whether it still stands, the next change finds out in the same step in which it begins.
      this.#session.adoptLocks([former.lock]);
      return { state: "taken", lock: former.lock };
    }
    const taking = await this.#alive(this.#session.takeLock(kind, purpose));
    if (kind === "operation" && taking.state === "taken")
      this.#options.journal.saveLock(this.#where, { lock: taking.lock, step, held: true });
    return taking;
  }

  async releaseLock(lock: HeldLock): Promise<LockRelease> {
    if (lock.nonce === this.#past) {
      this.#past = null;
      return { state: "released" };
    }
    const release = await this.#alive(this.#session.releaseLock(lock));
    if (release.state !== "error" && lock.nonce === this.#held()?.nonce) this.#forgetLock();
    return release;
  }

  async appendHistory(fields: readonly string[]): Promise<boolean> {
    const { journal, clock } = this.#options;
    const key = this.#next();
    const saved = journal.find(key);
    if (saved === null && this.#options.again && this.#options.stopped.aborted) return true;
    // One that had begun may be in the file: better a missing line than two.
    if (saved !== null) return expectKind(saved, "history", key).end ?? true;
    const at = clock.now();
    await journal.save(key, { kind: "history", at, end: null });
    const done = await this.#alive(this.#session.appendHistory(fields));
    await journal.save(key, { kind: "history", at, end: done });
    return done;
  }

  async reboot(options: Parameters<HostSession["reboot"]>[0]): Promise<RebootOutcome> {
    const key = this.#next();
    const { journal, clock } = this.#options;
    const found = journal.find(key);
    const saved = found === null ? null : expectKind(found, "reboot", key);
    if (saved?.end) return saved.end;
    const save = (before: string, end: RebootOutcome | null): Promise<boolean> =>
      journal.save(key, { kind: "reboot", at: clock.now(), before, end });
    const former = saved === null ? null : saved.before;
    if (former === null && this.#options.again && options.signal?.aborted) return this.#notBegun();
    return await this.#alive(recordedReboot(this.#session, { ...options, former, save, clock }));
  }

  follow: HostSession["follow"] = (id, options) => this.#alive(this.#session.follow(id, options));
  collect: HostSession["collect"] = (ids) => this.#session.collect(ids);
  readLock: HostSession["readLock"] = (kind) => this.#alive(this.#session.readLock(kind));
  adoptLocks: HostSession["adoptLocks"] = (locks) => this.#session.adoptLocks(locks);
  replaceLock: HostSession["replaceLock"] = (lock, purpose) =>
    this.#alive(this.#session.replaceLock(lock, purpose));
  breakLock: HostSession["breakLock"] = (kind, seen) => this.#alive(this.#session.breakLock(kind, seen));
  restampLock: HostSession["restampLock"] = (lock) => this.#alive(this.#session.restampLock(lock));
  putBackLock: HostSession["putBackLock"] = (lock) => this.#alive(this.#session.putBackLock(lock));
  bootId: HostSession["bootId"] = () => this.#alive(this.#session.bootId());
  refreshFacts: HostSession["refreshFacts"] = () => this.#alive(this.#session.refreshFacts());

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {}

  #idOf({ step }: StepKey): string {
    return stepId(this.#options.trace, step);
  }

  get #where(): { job: string; host: string } {
    return { job: this.#options.job, host: this.name };
  }

  #next(): StepKey {
    this.#step += 1;
    this.#options.asks(this.#step);
    return { ...this.#where, step: this.#step };
  }

  #lock(): SavedLock | null {
    return this.#options.journal.lock(this.#where);
  }

  #held(): HeldLock | null {
    const saved = this.#lock();
    return saved?.held === true ? saved.lock : null;
  }

  #forgetLock(): void {
    const saved = this.#lock();
    if (saved?.held === true) this.#options.journal.saveLock(this.#where, { ...saved, held: false });
  }

  /** The job was cancelled before this step was begun. */
  #notBegun(): { state: "notRun"; error: ErrorReport } {
    const error = new MtuiError("job.cancelled", `${this.name}: cancelled before it began; nothing was run.`);
    return { state: "notRun", error: error.toReport() };
  }

  /** The step that was under way at the cancel: what had ended badly when it was found, the cancel had ended. */
  #asCancelled(outcome: Outcome): Outcome {
    if (outcome.state === "absent") return this.#notBegun();
    if (outcome.state !== "failed") return outcome;
    const { exit: _, signal: __, ...ran } = outcome;
    return { ...ran, state: "cancelled", gone: true };
  }

  async #recorded(
    { kind, command, options }: { kind: "query" | "change"; command: string; options: ExecOptions },
    work: (key: StepKey) => Promise<Changed>,
  ): Promise<Changed> {
    const { journal, clock } = this.#options;
    const key = this.#next();
    const found = journal.find(key);
    if (found !== null)
      return await this.#asItWas(expectKind(found, kind, key), { key, command, capture: captureOf(options) });
    const at = clock.now();
    const outcome = await this.#alive(work(key));
    const written = await journal.save(key, { kind, command, at, end: savedEnd(outcome) });
    if (kind === "change" && written && "stdout" in outcome) this.#session.collect([this.#idOf(key)]);
    return outcome;
  }

  async #asItWas(
    { kind, command, end }: SavedStep & { kind: "query" | "change" },
    asked: { key: StepKey; command: string; capture: number },
  ): Promise<Changed> {
    if (command !== asked.command) throw otherWorkflow(asked.key);
    const { stdout, stderr, ...rest } = end;
    if (stdout === null || stderr === null) return rest as Changed;
    // The former life may have died before it could say so.
    if (kind === "change") this.#session.collect([this.#idOf(asked.key)]);
    const kept = await this.#options.outputs.open(asked.key, asked).end();
    if (
      kept.stdout.bytes < stdout.bytes - stdout.dropped ||
      kept.stderr.bytes < stderr.bytes - stderr.dropped
    )
      throw otherWorkflow(asked.key);
    return { ...rest, stdout: kept.stdout, stderr: kept.stderr } as Changed;
  }

  /** The link may break under a question, or not be there yet; the answer does not depend on how often it is asked. */
  async #askAgain<T extends Outcome>(
    options: ExecOptions & { away: readonly Outcome["state"][] },
    ask: () => Promise<T>,
  ): Promise<T | Unreachable> {
    const { clock, frozen, patienceMs, reach } = this.#options;
    const until = clock.now() + patienceMs;
    for (let ms = FIRST_PAUSE_MS; ; ms = Math.min(ms * 2, MAX_PAUSE_MS)) {
      const outcome = await ask();
      const over = clock.now() + ms > until || options.signal?.aborted === true || frozen.aborted;
      if (!options.away.includes(outcome.state) || over) return outcome;
      options.onLink?.("broken");
      const signal = options.signal === undefined ? frozen : AbortSignal.any([options.signal, frozen]);
      if (!(await pause(clock, { ms, signal }))) continue;
      const error = await reach(signal);
      if (error !== null) return { state: "unreachable", error };
    }
  }

  /** Nothing is heard of any more once the job is frozen: not even that it failed. */
  async #alive<T>(answer: Promise<T>): Promise<T> {
    const { frozen } = this.#options;
    try {
      const value = await answer;
      return frozen.aborted ? await never<T>() : value;
    } catch (thrown) {
      if (frozen.aborted) return await never<T>();
      throw thrown;
    }
  }
}

/** Bytes of a stream that the outcome shows. */
function captureOf({ limits }: ExecOptions): number {
  return limits?.capture ?? 1024 * 1024;
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

/** Of a step on its host, for ever: no other job has the trace, and no other daemon the directory there. */
export function stepId(trace: string, step: number): string {
  return `${trace}.${step}`;
}

function savedEnd(outcome: Changed): SavedEnd {
  if (!("stdout" in outcome)) return { ...outcome, stdout: null, stderr: null };
  const bytes = ({ bytes: all, dropped }: Captured): { bytes: number; dropped: number } => ({
    bytes: all,
    dropped,
  });
  return { ...outcome, stdout: bytes(outcome.stdout), stderr: bytes(outcome.stderr) };
}

function expectKind<K extends SavedStep["kind"]>(
  step: SavedStep,
  kind: K,
  key: StepKey,
): Extract<SavedStep, { kind: K }> {
  if (step.kind !== kind) throw otherWorkflow(key);
  return step as Extract<SavedStep, { kind: K }>;
}

/** @returns what ends the job as `lost`: nothing is done on a guess */
function otherWorkflow({ job, host, step }: StepKey): MtuiError {
  return new MtuiError(
    "job.lost",
    `${job}: what is written down of its step ${step} on ${host} does not fit; it does not go on.`,
    {
      hint: "Look at the host, then start it again. (A newer mtuid does things in another order.)",
      data: { job, host, step },
    },
  );
}
