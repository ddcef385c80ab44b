import { setTimeout as sleep } from "node:timers/promises";
import { endTransactions, type TransactionKiller } from "./package-managers.ts";

/** Signals to a process group on the host, sent over another channel than the command's own. */
export interface GroupKiller extends TransactionKiller {
  signal(group: number, name: "TERM" | "KILL"): Promise<void>;
  /** Whether the group still has a process. Rejects when the host could not be asked. */
  alive(group: number): Promise<boolean>;
}

/** A package that takes longer than this to install is ended in the middle of it. */
const TRANSACTION_MS = 60_000;
const BEGIN_WAIT_MS = 3000;
const KILL_WAIT_MS = 5000;
const FIRST_POLL_MS = 10;
const MAX_POLL_MS = 250;

/**
 * Package managers first, each at the end of the package in hand; then TERM for the whole group, then
 * KILL after the grace, until the host says that the process group is empty.
 * @returns true only with that proof; false when the group is unknown, will not go, or the host
 *   cannot be asked.
 */
export async function endGroup(options: {
  /** Comes when the command begins; null = it will not, 0 = its group cannot be known. */
  group: Promise<number | null>;
  killer: GroupKiller;
  graceSeconds: number;
}): Promise<boolean> {
  const group = await Promise.race([options.group, sleep(BEGIN_WAIT_MS, 0, { ref: false })]);
  if (group === null) return true;
  if (!Number.isSafeInteger(group) || group <= 1) return false;
  const { killer } = options;
  try {
    await endTransactions(killer, { group, ms: TRANSACTION_MS });
    await killer.signal(group, "TERM");
    if (await goneWithin(killer, { group, ms: options.graceSeconds * 1000 })) return true;
    await killer.signal(group, "KILL");
    return await goneWithin(killer, { group, ms: KILL_WAIT_MS });
  } catch {
    return false;
  }
}

async function goneWithin(killer: GroupKiller, options: { group: number; ms: number }): Promise<boolean> {
  const deadline = performance.now() + options.ms;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, MAX_POLL_MS)) {
    if (!(await killer.alive(options.group))) return true;
    if (performance.now() >= deadline) return false;
    await sleep(pause);
  }
}
