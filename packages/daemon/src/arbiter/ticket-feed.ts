import type { TicketView } from "./view.ts";

/** At most this many tickets are described in one go, so that a long queue does not hold up the daemon. */
const BATCH = 50;
const PAUSE_MS = 200;

interface Watcher {
  tell: (view: TicketView) => void;
  last: string;
}

/** Tells those who wait what their ticket looks like: soon after a change, bundled, and only if it differs. */
export class TicketFeed {
  readonly #describe: (ticket: string) => TicketView | null;
  readonly #after: (ms: number, run: () => void) => () => void;
  readonly #watchers = new Map<string, Watcher>();
  readonly #stale = new Set<string>();
  #stop: (() => void) | null = null;

  constructor(options: {
    describe: (ticket: string) => TicketView | null;
    after: (ms: number, run: () => void) => () => void;
  }) {
    this.#describe = options.describe;
    this.#after = options.after;
  }

  watch(ticket: string, tell: (view: TicketView) => void): void {
    this.#watchers.set(ticket, { tell, last: "" });
    this.#show(ticket);
  }

  get isUsed(): boolean {
    return this.#watchers.size > 0;
  }

  /** False when it was not watched. */
  unwatch(ticket: string): boolean {
    this.#stale.delete(ticket);
    return this.#watchers.delete(ticket);
  }

  changed(ticket: string): void {
    if (!this.#watchers.has(ticket)) return;
    this.#stale.add(ticket);
    this.#stop ??= this.#after(PAUSE_MS, () => this.#flush());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
    this.#watchers.clear();
    this.#stale.clear();
  }

  #flush(): void {
    this.#stop = null;
    for (const ticket of [...this.#stale].slice(0, BATCH)) {
      this.#stale.delete(ticket);
      this.#show(ticket);
    }
    if (this.#stale.size > 0) this.#stop = this.#after(PAUSE_MS, () => this.#flush());
  }

  #show(ticket: string): void {
    const watcher = this.#watchers.get(ticket);
    const view = this.#describe(ticket);
    if (!watcher || !view) return;
    const text = JSON.stringify(view);
    if (text === watcher.last) return;
    watcher.last = text;
    watcher.tell(view);
  }
}
