import type { Clock } from "@mtui/core/clock";
import type { Chooser } from "./chooser.ts";
import { ModelHost } from "./model-host.ts";
import { accident, type Action, type DaemonLife, dueAt, type Process } from "./process.ts";
import type { Script, Self } from "./script.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const MAX_STEPS = 20_000;
export const START = Date.UTC(2026, 10, 22, 6);

/**
 * Virtual time, the processes on one host, and the choice of what happens next. Between two choices
 * exactly one atomic step is made; what that lets the daemons' own code do is done before the next.
 */
export class World {
  readonly host = new ModelHost();
  readonly processes = new Map<number, Process>();
  readonly #story: { at: number; label: string }[] = [];
  /** Somebody's code goes on because of what just happened. */
  awaited = false;
  /** Other things that can happen: crashes, losses, answers. */
  readonly sources: (() => Action[])[] = [];
  onReboot: () => void = () => undefined;
  onSaw: (process: Process, name: string, bytes: Buffer | null) => void = () => undefined;
  now = START;
  violation: string | null = null;
  /** Left because every continuation has been seen. */
  pruned = false;
  readonly chooser: Chooser;
  /** How often time may pass although something could be done at once. */
  idleJumps: number;
  /** How likely that is, where a step has 1. */
  haste = 0.5;
  readonly #timers: Timer[] = [];
  #order = 0;

  constructor(chooser: Chooser, { idleJumps = Number.POSITIVE_INFINITY } = {}) {
    this.chooser = chooser;
    this.idleJumps = idleJumps;
  }

  /** The clock of something that may die: its timers die with it. */
  clock(alive: () => boolean = () => true): Clock {
    return {
      now: () => this.now,
      after: (ms, run) => {
        this.#order += 1;
        const timer: Timer = {
          at: this.now + ms,
          order: this.#order,
          run: () => {
            if (alive()) run();
          },
        };
        const before = this.#timers.findIndex(({ at }) => at > timer.at);
        this.#timers.splice(before < 0 ? this.#timers.length : before, 0, timer);
        return () => {
          const index = this.#timers.indexOf(timer);
          if (index >= 0) this.#timers.splice(index, 1);
        };
      },
    };
  }

  /** A program on the host; it has done nothing yet. */
  start<T>(
    make: (self: Self) => Script<T>,
    options: { who: string; daemon?: DaemonLife; ready?: () => boolean; onEnd?: (result: T) => void },
  ): Process {
    this.#order += 1;
    const pid = this.#order;
    const { who, daemon = null, ready = () => true } = options;
    const script = make({
      pid,
      host: this.host,
      now: () => this.now,
      saw: (name, bytes) => {
        const process = this.processes.get(pid);
        if (process !== undefined) this.onSaw(process, name, bytes);
      },
    });
    const first = script.next(false);
    const onEnd = options.onEnd as ((result: unknown) => void) | undefined;
    if (first.done === true) throw new Error("A program without a step.");
    const process: Process = {
      pid,
      who,
      daemon,
      script,
      ready,
      onEnd: onEnd ?? (() => undefined),
      step: first.value,
      until: first.value.sleep === undefined ? null : this.now + first.value.sleep,
      begunAt: null,
    };
    this.processes.set(pid, process);
    return process;
  }

  /** A process dies where it is; the kernel takes its locks back. */
  kill(process: Process): void {
    this.processes.delete(process.pid);
    for (const node of this.host.names.values()) this.host.unlock(node, process.pid);
  }

  /** Nobody is there any more to be slow: what has begun goes on at the host's own pace. */
  hurry(process: Process): void {
    if (process.until === null) process.begunAt ??= this.now;
  }

  reboot(): void {
    for (const process of [...this.processes.values()]) if (this.onHost(process)) this.kill(process);
    this.host.wipe();
    this.onReboot();
  }

  /** Other mtuis run elsewhere and go on. */
  onHost(process: Process): boolean {
    return process.daemon !== null;
  }

  note(label: string): void {
    this.#story.push({ at: this.now, label: `  ${label}` });
  }

  get steps(): number {
    return this.#story.length;
  }

  /** What happened, a line each, in seconds since the start. */
  trace(): string[] {
    return this.#story.map(({ at, label }) => `${((at - START) / 1000).toFixed(1)} ${label}`);
  }

  fail(violation: string): void {
    this.violation ??= violation;
  }

  /** Until nothing is left to happen, or something is wrong. */
  async run(): Promise<void> {
    await settled();
    for (let step = 0; this.violation === null; step += 1) {
      if (step > MAX_STEPS) {
        this.fail("it does not end");
        return;
      }
      const actions = this.#actions();
      if (actions.length === 0) return;
      const choice = this.chooser.next(actions);
      if (choice === null) {
        this.pruned = true;
        return;
      }
      const action = actions[choice];
      if (action === undefined) throw new Error("A choice outside what there is.");
      this.#story.push({ at: this.now, label: action.label });
      this.awaited = action.touch === null;
      action.run();
      if (this.awaited) await settled();
    }
  }

  #actions(): Action[] {
    const runnable = [...this.processes.values()].filter((process) => this.#canStep(process));
    const overdue = runnable.filter((process) => {
      const due = dueAt(process);
      return due !== null && this.now >= due;
    });
    if (overdue.length > 0) return overdue.map((process) => this.#stepOf(process));
    const actions = runnable.map((process) => this.#stepOf(process));
    for (const source of this.sources) actions.push(...source());
    const next = this.#nextTime();
    const quiet = actions.every(({ touch }) => touch === null);
    if (next !== null && (quiet || this.idleJumps > 0 || next <= this.now)) {
      actions.push(
        accident("time", this.haste, () => {
          if (!quiet && next > this.now) this.idleJumps -= 1;
          this.#advance(next);
        }),
      );
    }
    return actions;
  }

  #canStep(process: Process): boolean {
    const { step, until, pid } = process;
    if (!process.ready()) return false;
    if (step.sleep !== undefined) return until !== null && this.now >= until;
    if (step.lock === undefined) return true;
    return (
      this.host.lockable(step.lock.node, { exclusive: true, by: pid }) ||
      (until !== null && this.now >= until)
    );
  }

  #stepOf(process: Process): Action {
    const { pid, who, step } = process;
    const label = `${who}: ${step.label}`;
    return { id: `${pid} ${label}`, label, weight: 1, touch: step.touch, run: () => this.#step(process) };
  }

  #step(process: Process): void {
    const { step, pid, script } = process;
    const waited = step.lock !== undefined || step.sleep !== undefined;
    if (process.daemon !== null && (process.begunAt === null || waited)) process.begunAt = this.now;
    const had = step.lock !== undefined && this.host.lock(step.lock.node, { exclusive: true, by: pid });
    const { value, done } = script.next(had);
    if (done === true) {
      this.kill(process);
      process.onEnd(value);
      return;
    }
    process.step = value;
    const ms = value.sleep ?? value.lock?.ms;
    process.until = ms === undefined ? null : this.now + ms;
    // It is not slow, it waits.
    if (ms !== undefined) process.begunAt = null;
  }

  #nextTime(): number | null {
    const times = [...this.processes.values()].flatMap((process) =>
      [process.until, dueAt(process)].flatMap((each) => (each === null ? [] : [Math.max(each, this.now)])),
    );
    const [timer] = this.#timers;
    if (timer !== undefined) times.push(Math.max(timer.at, this.now));
    const future = times.filter((each) => each > this.now || (timer !== undefined && timer.at <= this.now));
    return future.length === 0 ? null : Math.min(...future);
  }

  #advance(to: number): void {
    this.now = Math.max(this.now, to);
    const [timer] = this.#timers;
    if (timer === undefined || timer.at > this.now) return;
    this.#timers.shift();
    timer.run();
  }
}

/** Everything that was waiting for what just happened has gone on. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
