import type { DaemonEvent } from "@mtui/core/registry";
import { type Clock, systemClock } from "@mtui/core/clock";

/**
 * The daemon's one stream of events: a bounded ring that readers page through by sequence number.
 * A slow reader costs nothing and blocks nobody; when the ring has moved past it, it is told so by
 * `gap` and reads the state itself, which is always complete.
 */
export interface EventLogLimits {
  /** Events kept, output apart. @default 20 000 */
  events: number;
  /** Bytes of their `text` (as UTF-8) together. @default 16 MiB */
  bytes: number;
  /**
   * Bytes of output kept (`job.output`): what a reader needs who keeps up; the files of the job have all.
   * @default 2 MiB
   */
  outputBytes: number;
}

export interface EventPage {
  events: DaemonEvent[];
  /** Pass it as `from` to read on. */
  cursor: number;
  gap: boolean;
}

export interface EventFilter {
  /** Only events of these jobs; undefined = all. */
  jobs?: ReadonlySet<string>;
  /** Only these types; `claim.*` is every type that begins so. */
  types?: readonly string[];
  workspace?: string;
  /** Only events of workspaces for which this holds. */
  isOf?: (workspace: string) => boolean;
  hosts?: ReadonlySet<string>;
  output?: boolean;
}

interface Waiter {
  filter: EventFilter;
  wake: () => void;
}

const OUTPUT = "job.output";
const PAGE_EVENTS = 2000;
const PAGE_BYTES = 1024 * 1024;

export class EventLog {
  readonly #clock: Clock;
  readonly #limits: EventLogLimits;
  #ring: DaemonEvent[] = [];
  /** What the ring has: state is not driven out by output. */
  readonly #kept = { events: 0, bytes: 0, outputs: 0, outputBytes: 0 };
  #next = 1;
  readonly #waiters = new Set<Waiter>();
  /** Where the last dropped event stood, of all and of each job, so that a gap is said only when it is one. */
  readonly #dropped = { all: 0, jobs: new Map<string, number>() };
  readonly #droppedOutput = { all: 0, jobs: new Map<string, number>() };
  /** Jobs that nobody can ask for any more, and up to where the ring may still have events of theirs. */
  readonly #forgotten = new Map<string, number>();

  constructor(options: { clock?: Clock; limits?: Partial<EventLogLimits> } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#limits = {
      events: 20_000,
      bytes: 16 * 1024 * 1024,
      outputBytes: 2 * 1024 * 1024,
      ...options.limits,
    };
  }

  append(event: Omit<DaemonEvent, "seq" | "at">): void {
    const full: DaemonEvent = { seq: this.#next++, at: this.#clock.now(), ...event };
    this.#ring.push(full);
    this.#count(full, 1);
    if (this.#isFull()) this.#trim();
    for (const waiter of this.#waiters) if (matches(full, waiter.filter)) waiter.wake();
  }

  /** Where the next event will stand: reading from here on gives what happens from now on. */
  get cursor(): number {
    return this.#next;
  }

  /** The latest events that match, oldest first; never a gap. */
  latest(count: number, filter: EventFilter = {}): EventPage {
    const events: DaemonEvent[] = [];
    let bytes = 0;
    for (let index = this.#ring.length - 1; index >= 0 && events.length < count; index--) {
      const event = this.#ring[index];
      if (event === undefined || !matches(event, filter)) continue;
      bytes += sizeOf(event);
      if (bytes > PAGE_BYTES) break;
      events.push(event);
    }
    return { events: events.toReversed(), cursor: this.#next, gap: false };
  }

  /**
   * @param cursor of an earlier page; 0 = everything that is still kept. One that is not reached yet is of a
   * former life of the daemon: everything since is given, and that there is a gap.
   */
  read(cursor: number, filter: EventFilter = {}): EventPage {
    if (cursor > this.#next) return { ...this.#readFrom(0, filter), gap: true };
    return this.#readFrom(cursor, filter);
  }

  #readFrom(from: number, filter: EventFilter): EventPage {
    const events: DaemonEvent[] = [];
    let bytes = 0;
    let cursor = this.#next;
    for (let index = this.#indexOf(from); index < this.#ring.length; index++) {
      const event = this.#ring[index];
      if (event === undefined || !matches(event, filter)) continue;
      if (events.length >= PAGE_EVENTS || bytes > PAGE_BYTES) {
        cursor = event.seq;
        break;
      }
      events.push(event);
      bytes += sizeOf(event);
    }
    return { events, cursor, gap: this.#hasGap(from, filter) };
  }

  /** Resolves when an event that matches is there from `from` on, when time is up, or on abort. */
  async wait(
    from: number,
    options: EventFilter & { timeoutMs: number; signal?: AbortSignal },
  ): Promise<EventPage> {
    const page = this.read(from, options);
    if (page.events.length > 0 || options.timeoutMs <= 0 || options.signal?.aborted) return page;
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        this.#waiters.delete(waiter);
        stop();
        options.signal?.removeEventListener("abort", finish);
        resolve();
      };
      const waiter: Waiter = { filter: options, wake: finish };
      const stop = this.#clock.after(options.timeoutMs, finish);
      options.signal?.addEventListener("abort", finish, { once: true });
      this.#waiters.add(waiter);
    });
    return this.read(from, options);
  }

  /** Nobody will ask for this job again. */
  forget(job: string): void {
    this.#dropped.jobs.delete(job);
    this.#droppedOutput.jobs.delete(job);
    this.#forgotten.set(job, this.#next);
  }

  /** Jobs of which something is remembered beyond their events. */
  get remembered(): number {
    return this.#dropped.jobs.size + this.#droppedOutput.jobs.size + this.#forgotten.size;
  }

  #hasGap(from: number, filter: EventFilter): boolean {
    const least = Math.max(from, 1);
    const classes = filter.output === false ? [this.#dropped] : [this.#dropped, this.#droppedOutput];
    return classes.some(({ all, jobs }) => {
      if (filter.jobs === undefined) return all >= least;
      return [...filter.jobs].some((job) => (jobs.get(job) ?? 0) >= least);
    });
  }

  /** Of the first event at `from` or behind it. */
  #indexOf(from: number): number {
    let [low, high] = [0, this.#ring.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ring[middle]?.seq ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #count(event: DaemonEvent, sign: 1 | -1): void {
    if (event.type === OUTPUT) {
      this.#kept.outputs += sign;
      this.#kept.outputBytes += sign * sizeOf(event);
    } else {
      this.#kept.events += sign;
      this.#kept.bytes += sign * sizeOf(event);
    }
  }

  #isFull(): boolean {
    const { events, bytes, outputBytes } = this.#limits;
    const kept = this.#kept;
    if (kept.outputs > events || kept.outputBytes > outputBytes) return true;
    return kept.events > events || kept.bytes > bytes;
  }

  /** Drops an eighth of what is too much at once: one by one would copy the ring for every event. */
  #trim(): void {
    const { limits, kept } = { limits: this.#limits, kept: this.#kept };
    const few = Math.floor((limits.events * 7) / 8);
    const over = {
      output: kept.outputs > limits.events || kept.outputBytes > limits.outputBytes,
      others: kept.events > limits.events || kept.bytes > limits.bytes,
    };
    this.#ring = this.#ring.filter((event) => {
      const isOutput = event.type === OUTPUT;
      const drop = isOutput
        ? over.output && (kept.outputs > few || kept.outputBytes > (limits.outputBytes * 7) / 8)
        : over.others && (kept.events > few || kept.bytes > limits.bytes);
      if (drop) this.#drop(event, isOutput ? this.#droppedOutput : this.#dropped);
      return !drop;
    });
    const first = this.#ring[0]?.seq ?? this.#next;
    for (const [job, until] of this.#forgotten) if (until <= first) this.#forgotten.delete(job);
  }

  #drop(event: DaemonEvent, dropped: { all: number; jobs: Map<string, number> }): void {
    this.#count(event, -1);
    dropped.all = event.seq;
    if (event.job !== undefined && !this.#forgotten.has(event.job)) dropped.jobs.set(event.job, event.seq);
  }
}

function sizeOf({ text }: DaemonEvent): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}

function matches(event: DaemonEvent, filter: EventFilter): boolean {
  if (filter.jobs !== undefined && (event.job === undefined || !filter.jobs.has(event.job))) return false;
  if (filter.workspace !== undefined && event.workspace !== filter.workspace) return false;
  const { isOf } = filter;
  if (isOf !== undefined && (event.workspace === undefined || !isOf(event.workspace))) return false;
  if (filter.hosts !== undefined && (event.host === undefined || !filter.hosts.has(event.host))) return false;
  if (filter.types !== undefined && !filter.types.some((type) => isOfType(event, type))) return false;
  return filter.output !== false || event.type !== OUTPUT;
}

function isOfType(event: DaemonEvent, type: string): boolean {
  return type.endsWith(".*") ? event.type.startsWith(type.slice(0, -1)) : event.type === type;
}
