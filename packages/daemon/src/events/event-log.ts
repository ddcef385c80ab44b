import type { DaemonEvent } from "@mtui/core/registry";
import { type Clock, systemClock } from "../clock.ts";

/**
 * The daemon's one stream of events: a bounded ring that readers page through by sequence number.
 * A slow reader costs nothing and blocks nobody; when the ring has moved past it, it is told so by
 * `gap` and reads the state itself, which is always complete.
 */
export interface EventLogLimits {
  /** Events kept. @default 20 000 */
  events: number;
  /** Bytes of `text` kept in all events together. @default 32 MiB */
  bytes: number;
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
  hosts?: ReadonlySet<string>;
  output?: boolean;
}

interface Waiter {
  filter: EventFilter;
  wake: () => void;
}

const PAGE_EVENTS = 2000;
const PAGE_BYTES = 2 * 1024 * 1024;

export class EventLog {
  readonly #clock: Clock;
  readonly #limits: EventLogLimits;
  #ring: DaemonEvent[] = [];
  #bytes = 0;
  #next = 1;
  readonly #waiters = new Set<Waiter>();
  /** Where the last dropped event of each job stood, so that a gap is said only when it is one. */
  readonly #dropped = new Map<string, number>();
  /** Jobs that nobody can ask for any more, and up to where the ring may still have events of theirs. */
  readonly #forgotten = new Map<string, number>();

  constructor(options: { clock?: Clock; limits?: Partial<EventLogLimits> } = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#limits = { events: 20_000, bytes: 32 * 1024 * 1024, ...options.limits };
  }

  append(event: Omit<DaemonEvent, "seq" | "at">): void {
    const full: DaemonEvent = { seq: this.#next++, at: this.#clock.now(), ...event };
    this.#ring.push(full);
    this.#bytes += full.text?.length ?? 0;
    if (this.#ring.length > this.#limits.events || this.#bytes > this.#limits.bytes) this.#trim();
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
      bytes += event.text?.length ?? 0;
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
    const first = this.#ring[0]?.seq ?? this.#next;
    const events: DaemonEvent[] = [];
    let bytes = 0;
    let cursor = this.#next;
    for (let index = Math.max(0, from - first); index < this.#ring.length; index++) {
      const event = this.#ring[index];
      if (event === undefined || !matches(event, filter)) continue;
      if (events.length >= PAGE_EVENTS || bytes > PAGE_BYTES) {
        cursor = event.seq;
        break;
      }
      events.push(event);
      bytes += event.text?.length ?? 0;
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
    this.#dropped.delete(job);
    this.#forgotten.set(job, this.#next);
  }

  /** Jobs of which something is remembered beyond their events. */
  get remembered(): number {
    return this.#dropped.size + this.#forgotten.size;
  }

  #hasGap(from: number, filter: EventFilter): boolean {
    const first = this.#ring[0]?.seq ?? this.#next;
    if (from >= first) return false;
    if (filter.jobs === undefined) return first > 1;
    for (const job of filter.jobs) if ((this.#dropped.get(job) ?? 0) >= Math.max(from, 1)) return true;
    return false;
  }

  #trim(): void {
    // Drop an eighth at once: shifting one by one would copy the ring for every event.
    let count = Math.max(1, Math.floor(this.#limits.events / 8));
    let bytes = this.#bytes;
    for (let index = 0; index < this.#ring.length; index++) {
      const event = this.#ring[index];
      if (event === undefined || (index >= count && bytes <= this.#limits.bytes)) break;
      bytes -= event.text?.length ?? 0;
      count = Math.max(count, index + 1);
      if (event.job !== undefined && !this.#forgotten.has(event.job)) this.#dropped.set(event.job, event.seq);
    }
    this.#ring = this.#ring.slice(count);
    this.#bytes = bytes;
    const first = this.#ring[0]?.seq ?? this.#next;
    for (const [job, until] of this.#forgotten) if (until <= first) this.#forgotten.delete(job);
  }
}

function matches(event: DaemonEvent, filter: EventFilter): boolean {
  if (filter.jobs !== undefined && (event.job === undefined || !filter.jobs.has(event.job))) return false;
  if (filter.workspace !== undefined && event.workspace !== filter.workspace) return false;
  if (filter.hosts !== undefined && (event.host === undefined || !filter.hosts.has(event.host))) return false;
  if (filter.types !== undefined && !filter.types.some((type) => isOfType(event, type))) return false;
  return filter.output !== false || event.type !== "job.output";
}

function isOfType(event: DaemonEvent, type: string): boolean {
  return type.endsWith(".*") ? event.type.startsWith(type.slice(0, -1)) : event.type === type;
}
