import { Lane } from "./lane.ts";

/** A lane for each key, for as long as somebody is in it. */
export class KeyedLanes {
  readonly #lanes = new Map<string, Lane>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(key) ?? new Lane();
    this.#lanes.set(key, lane);
    try {
      return await lane.run(work);
    } finally {
      if (lane.pending === 0) this.#lanes.delete(key);
    }
  }
}
