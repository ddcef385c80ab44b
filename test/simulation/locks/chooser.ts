/** What an action of a process looks at and changes; two that do not meet can be made in either order. */
export interface Touch {
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
}

export interface Choice {
  /** The same for the same action of the same moment, whatever else is on offer. */
  readonly id: string;
  readonly weight: number;
  /** Null: it may touch anything. */
  readonly touch: Touch | null;
}

/** Who decides what happens next: luck with a seed, or one branch after the other. */
export interface Chooser {
  /** @returns an index, or null when nothing new can come of this moment */
  next(choices: readonly Choice[]): number | null;
}

export interface Luck extends Chooser {
  /** An index below `count`. */
  pick(count: number): number;
}

export function seeded(seed: number): Luck {
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    pick: (count) => Math.floor(random() * count),
    next(choices) {
      let at = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
      for (const [index, { weight }] of choices.entries()) {
        at -= weight;
        if (at < 0) return index;
      }
      return choices.length - 1;
    },
  };
}

interface Node {
  /** Not worth taking here: an earlier branch began with it, and what came since does not touch it. */
  readonly asleep: readonly Choice[];
  readonly choices: readonly Choice[];
  readonly candidates: readonly number[];
  at: number;
}

/**
 * Depth first through every order of actions, but for orders that differ only in actions which do not
 * touch each other (sleep sets). Each run follows the branch that is due; `advance` moves on.
 */
export class EveryOrder implements Chooser {
  readonly #path: Node[] = [];
  #depth = 0;

  next(choices: readonly Choice[]): number | null {
    const depth = this.#depth;
    this.#depth += 1;
    const known = this.#path[depth];
    if (known !== undefined) {
      if (known.choices.length !== choices.length) throw new Error("The same choices led to another place.");
      return known.candidates[known.at] ?? null;
    }
    const asleep = this.#asleepAfter(this.#path.at(-1));
    const ids = new Set(asleep.map(({ id }) => id));
    const candidates = [...choices.keys()].filter((index) => !ids.has(choices[index]?.id ?? ""));
    this.#path.push({ asleep, choices, candidates, at: 0 });
    return candidates[0] ?? null;
  }

  /** @returns false when every branch has been taken */
  advance(): boolean {
    this.#depth = 0;
    for (let last = this.#path.at(-1); last !== undefined; last = this.#path.at(-1)) {
      if (last.at + 1 < last.candidates.length) {
        last.at += 1;
        return true;
      }
      this.#path.pop();
    }
    return false;
  }

  #asleepAfter(parent: Node | undefined): readonly Choice[] {
    if (parent === undefined) return [];
    const { asleep, choices, candidates, at } = parent;
    const taken = choices[candidates[at] ?? -1];
    const before = candidates.slice(0, at).flatMap((index) => choices[index] ?? []);
    return [...asleep, ...before].filter((each) => taken !== undefined && !meet(each, taken));
  }
}

function meet(one: Choice, other: Choice): boolean {
  if (one.touch === null || other.touch === null) return true;
  return clash(one.touch, other.touch) || clash(other.touch, one.touch);
}

function clash({ writes = [] }: Touch, { reads = [], writes: others = [] }: Touch): boolean {
  return writes.some((name) => reads.includes(name) || others.includes(name));
}
