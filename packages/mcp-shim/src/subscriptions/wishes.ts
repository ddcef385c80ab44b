import { type Place, placeOf } from "../resources/index.ts";

/** What one subscription is about. */
export interface Wish {
  readonly uris: readonly string[];
  /** Also the list of resources itself. */
  readonly list: boolean;
}

/** Of one client, all of its subscriptions together. */
export const MOST_URIS = 100;

/** What a client wants to be told of, by subscription, and all of it together. */
export class Wishes {
  readonly #all = new Map<unknown, Wish>();
  #places = new Map<string, Place>();
  #list = false;

  /** By URI: those that are some, the first of them where there are too many. */
  get places(): ReadonlyMap<string, Place> {
    return this.#places;
  }

  get list(): boolean {
    return this.#list;
  }

  get none(): boolean {
    return this.#places.size === 0 && !this.#list;
  }

  /** Replaces what this subscription wanted before. */
  set(key: unknown, wish: Wish): void {
    this.#all.set(key, wish);
    this.#gather();
  }

  get(key: unknown): Wish | undefined {
    return this.#all.get(key);
  }

  /** @returns whether there was one */
  delete(key: unknown): boolean {
    const known = this.#all.delete(key);
    if (known) this.#gather();
    return known;
  }

  clear(): void {
    this.#all.clear();
    this.#gather();
  }

  #gather(): void {
    const wishes = [...this.#all.values()];
    this.#list = wishes.some(({ list }) => list);
    this.#places = new Map();
    for (const uri of wishes.flatMap(({ uris }) => uris)) {
      if (this.#places.size === MOST_URIS) return;
      const place = placeOf(uri);
      if (place !== null) this.#places.set(uri, place);
    }
  }
}
