import type { ArbiterState, QueueEntry, Rank } from "./state.ts";

/** Negative when `a` comes first: earlier turn of its namespace, then earlier arrival. */
export function compareRank(a: Rank, b: Rank): number {
  return a.tag - b.tag || a.seq - b.seq;
}

/** Where an entry of this rank stands, or would stand. */
export function rankIndex(list: readonly Rank[], rank: Rank): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = list[middle];
    if (entry !== undefined && compareRank(entry, rank) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function inserted(list: readonly QueueEntry[], entry: QueueEntry): readonly QueueEntry[] {
  return list.toSpliced(rankIndex(list, entry), 0, entry);
}

export function without(list: readonly QueueEntry[], entry: QueueEntry): readonly QueueEntry[] {
  const index = rankIndex(list, entry);
  return list[index]?.id === entry.id ? list.toSpliced(index, 1) : list;
}

/**
 * The turn of a namespace's next ticket: behind its own latest ticket, yet not before the turn that
 * the queue has reached. A namespace that has been served meanwhile goes no further back than the
 * end of the queue, and an empty queue forgets everything. docs/decisions/arbiter.md has the bound.
 */
export function nextTag(state: Pick<ArbiterState, "queue" | "turns" | "tickets">, namespace: string): number {
  const first = state.queue[0];
  const last = state.queue.at(-1);
  if (first === undefined || last === undefined) return 0;
  const turn = state.turns.get(namespace);
  if (turn === undefined) return first.tag;
  const ownLast = lastOwnTag(state, namespace);
  return Math.max(first.tag, ownLast + 1, Math.min(turn + 1, last.tag));
}

function lastOwnTag(state: Pick<ArbiterState, "queue" | "tickets">, namespace: string): number {
  for (let index = state.queue.length - 1; index >= 0; index--) {
    const entry = state.queue[index];
    if (entry !== undefined && state.tickets.get(entry.id)?.namespace === namespace) return entry.tag;
  }
  return -1;
}
