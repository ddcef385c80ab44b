import { compareRank } from "./rank.ts";

/** A place in the queue that was had before the daemon was started again. */
export interface Place {
  readonly id: string;
  readonly tag: number;
  readonly seq: number;
  /** Since when it waits, in milliseconds since the epoch. */
  readonly since: number;
  readonly overtaken: number;
}

/**
 * Those who waited when the daemon ended ask again when it has started, but not in the order in which they
 * stood. So all who ask are kept here until each of them has come (or will not come), and then let in by
 * their former rank, newcomers last.
 */
export class RestoreGate {
  readonly #places: Map<string, Place>;
  readonly #missing: Set<string>;
  readonly #waiting: { place: Place | undefined; enter: (place: Place | undefined) => void }[] = [];
  #open: boolean;

  constructor(places: ReadonlyMap<string, Place> = new Map()) {
    this.#places = new Map(places);
    this.#missing = new Set(places.keys());
    this.#open = places.size === 0;
  }

  /** Those who had a place and have not asked yet. */
  get missing(): ReadonlySet<string> {
    return this.#missing;
  }

  /** @returns the former place of this job, once; null = the gate is open and there is none */
  enter(job: string | null): Promise<Place | undefined> | Place | undefined {
    const place = job === null ? undefined : this.#places.get(job);
    if (job !== null) this.#places.delete(job);
    if (this.#open) return place;
    const entered = new Promise<Place | undefined>((enter) => this.#waiting.push({ place, enter }));
    if (job !== null) this.notComing(job);
    return entered;
  }

  /** This job has asked, or will not ask any more. */
  notComing(job: string): void {
    this.#missing.delete(job);
    // Not at once: the one that came last must be listening, too, before anybody is called.
    if (this.#missing.size === 0) queueMicrotask(() => this.open());
  }

  open(): void {
    if (this.#open) return;
    this.#open = true;
    const former = this.#waiting.flatMap(({ place, enter }) => (place ? [{ place, enter }] : []));
    for (const { place, enter } of former.toSorted((a, b) => compareRank(a.place, b.place))) enter(place);
    for (const { place, enter } of this.#waiting) if (!place) enter(undefined);
    this.#waiting.length = 0;
  }
}
