import type { DaemonEvent, ResultOf } from "@mtui/core/registry";
import type { Clock } from "@mtui/core/clock";
import type { Limits } from "../limits.ts";
import type { DaemonLink } from "../link/index.ts";
import { reportsIn } from "../resources/index.ts";
import { touches, touchesList, typesFor } from "./touched.ts";
import { type Wish, Wishes } from "./wishes.ts";

/** Whoever is told. */
export interface Listener {
  updated(uri: string): void;
  listChanged(): void;
}

export interface SubscriptionOptions {
  readonly link: Pick<DaemonLink, "call" | "connections" | "namespace">;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "followMs" | "slackMs">;
}

/** A place in the events of one life of the daemon, as far as this can be told. */
interface Cursor {
  readonly at: number;
  readonly connection: number;
}

/** Seconds that one request waits for news. */
const POLL = 25;
/** Without a daemon the pauses grow up to so many times the shortest one. */
const SLOWEST = 16;

/**
 * Tells a client of changed resources, by the daemon's events: one reader for all of its subscriptions, none
 * without any. It pauses after each page, so a resource is told at most once in a pause however much
 * happens. It starts no daemon; after anything that it may have missed (the beginning, a gap, another
 * connection) it tells everything once.
 */
export class Subscriptions {
  readonly #options: SubscriptionOptions;
  readonly #wishes = new Wishes();
  #listener: Listener | null = null;
  /** Ends the reader. */
  #reader: AbortController | null = null;
  /** Wakes it: what it waits for has changed. */
  #poll = new AbortController();
  /** Where reports were loaded when that was last looked up. */
  #loaded = new Map<string, ReadonlySet<string>>();

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  /** Who is told from now on: one client. */
  attach(listener: Listener): void {
    this.#listener = listener;
  }

  get(key: unknown): Wish | undefined {
    return this.#wishes.get(key);
  }

  /** Begins a subscription, or changes what it is about. */
  set(key: unknown, wish: Wish): void {
    this.#wishes.set(key, wish);
    this.#changed();
  }

  delete(key: unknown): void {
    if (this.#wishes.delete(key)) this.#changed();
  }

  /** Ends all of them. */
  clear(): void {
    this.#wishes.clear();
    this.#changed();
  }

  #changed(): void {
    if (this.#wishes.none) {
      this.#reader?.abort();
      this.#reader = null;
    } else if (this.#reader === null) {
      this.#reader = new AbortController();
      void this.#follow(this.#reader.signal);
    } else this.#poll.abort();
  }

  /** Until it is ended; never rejects. */
  async #follow(signal: AbortSignal): Promise<void> {
    const { followMs } = this.#options.limits;
    let cursor: Cursor | null = null;
    let pause = followMs;
    while (!signal.aborted) {
      this.#poll = new AbortController();
      const woken = this.#poll.signal;
      try {
        cursor = await this.#step(cursor, AbortSignal.any([signal, woken]));
        pause = followMs;
      } catch {
        if (!woken.aborted) {
          cursor = null;
          pause = Math.min(pause * 2, SLOWEST * followMs);
        }
      }
      await this.#sleep(pause, signal);
    }
  }

  /** One page of events. @throws MtuiError there is no daemon, it was lost, or this was called off */
  async #step(cursor: Cursor | null, signal: AbortSignal): Promise<Cursor> {
    const { link, limits } = this.#options;
    const { places, list } = this.#wishes;
    const kinds = new Set([...places.values()].map(({ kind }) => kind));
    const seconds = cursor === null ? 0 : POLL;
    const page = (await link.call({
      method: "list_events",
      params: {
        ...(cursor === null ? { last: 0 } : { from: cursor.at }),
        timeout: seconds,
        types: typesFor(list ? [...kinds, "list"] : kinds),
        output: kinds.has("output"),
        // Resources of others can be read, too.
        all: true,
      },
      signal,
      repeatable: true,
      passive: true,
      timeoutMs: seconds * 1000 + limits.slackMs,
    })) as ResultOf<"list_events">;
    const next = { at: page.cursor, connection: link.connections };
    const isMissing = cursor === null || page.gap || cursor.connection !== next.connection;
    if (kinds.has("report") && (isMissing || page.events.length > 0)) await this.#lookUp(signal);
    this.#tell(isMissing ? null : page.events);
    return next;
  }

  /** @param events what happened; null = nobody knows */
  #tell(events: readonly DaemonEvent[] | null): void {
    const { namespace } = this.#options.link;
    const isIn = (rrid: string, workspace: string): boolean =>
      this.#loaded.get(rrid)?.has(workspace) ?? false;
    const knowledge = { namespace, isIn };
    for (const [uri, place] of this.#wishes.places) {
      if (events?.some((event) => touches(event, place, knowledge)) ?? true) this.#listener?.updated(uri);
    }
    const changed = events?.some((event) => touchesList(event, knowledge)) ?? true;
    if (this.#wishes.list && changed) this.#listener?.listChanged();
  }

  /** Workspaces that have a report; the former ones stay, since the event may be that it has gone from there. */
  async #lookUp(signal: AbortSignal): Promise<void> {
    const { link } = this.#options;
    const passive = {
      call: (request: Parameters<typeof link.call>[0]) => link.call({ ...request, passive: true }),
    };
    const now = await reportsIn({ link: passive, signal });
    const before = this.#loaded;
    this.#loaded = new Map();
    for (const place of this.#wishes.places.values()) {
      if (place.kind !== "report") continue;
      const { rrid } = place;
      this.#loaded.set(rrid, now.get(rrid) ?? before.get(rrid) ?? new Set());
    }
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    const stop = this.#options.clock.after(ms, wake);
    signal.addEventListener("abort", wake, { once: true });
    await promise;
    stop();
    signal.removeEventListener("abort", wake);
  }
}
