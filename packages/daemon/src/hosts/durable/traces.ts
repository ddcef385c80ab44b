import type { HostLink } from "../host-link.ts";
import { durableHome, isDurableId } from "./script.ts";

export interface TracesOptions {
  readonly link: Pick<HostLink, "behindNext">;
  readonly owner: string;
  /** Does an operation lock of ours stand on the host? */
  readonly held: () => boolean;
  /** Those that are not to be removed yet. */
  readonly unended: ReadonlySet<string>;
  /** Milliseconds. */
  readonly now: () => number;
}

/** TCP sends for a quarter of an hour what nobody confirms. */
const LATE_MS = 20 * 60_000;

/**
 * What commands left on the host and nobody will ask for. A start may arrive late, over a connection that this side has long
 * given up: `.run` stands in its way, and when that is gone, the operation lock, whose text is another one by then or
 * none. So nothing is removed while the lock stands under which it was started, or until nothing can arrive any more.
 */
export class Traces {
  readonly #options: TracesOptions;
  #waiting: { readonly id: string; readonly since: number }[] = [];

  constructor(options: TracesOptions) {
    this.#options = options;
  }

  /** Goes with a step on the host, as soon as it may. */
  collect(ids: readonly string[]): void {
    const since = this.#options.now();
    this.#waiting.push(...ids.filter(isDurableId).map((id) => ({ id, since })));
    if (this.#options.held()) this.#remove((each) => since - each.since > LATE_MS);
    else this.lockGone();
  }

  /** The operation lock was given back. */
  lockGone(): void {
    this.#remove(() => true);
  }

  #remove(when: (each: { since: number }) => boolean): void {
    const { link, owner, unended } = this.#options;
    const ids = this.#waiting.filter(when).map(({ id }) => id);
    this.#waiting = this.#waiting.filter((each) => !when(each));
    const files = ids
      .filter((id) => !unended.has(id))
      .flatMap((id) => ["run", "out", "err"].map((end) => `"$B"/${id}.${end}`));
    if (files.length > 0) link.behindNext(`${durableHome(owner)}\nrm -f ${files.join(" ")}`);
  }
}
