import { setTimeout as sleep } from "node:timers/promises";

export interface GroupMember {
  readonly pid: number;
  /** The kernel's name of the process: at most 15 bytes. */
  readonly name: string;
}

export interface TransactionKiller {
  /** The processes of a group that have one of these names. Rejects when the host cannot be asked. */
  members(group: number, names: readonly string[]): Promise<GroupMember[]>;
  terminate(pids: readonly number[]): Promise<void>;
}

/**
 * These answer their first TERM by finishing the package in hand and starting no other
 * (docs/decisions/ending-commands.md). The second one ends them on the spot, so each is told once.
 * Newer libzypp calls its main thread `Zypp-main`; `transactional-update` is cut to 15 bytes.
 */
const TOLD = ["zypper", "Zypp-main", "transactional-u", "yum", "dnf", "dnf5"];
/** These are somebody's helpers as long as one of the others is there. */
const WAITED_FOR = ["rpm", "zypp-rpm"];

const FIRST_POLL_MS = 50;
const MAX_POLL_MS = 500;

/** Lets package managers of the group come to an end by themselves, for at most `ms`. */
export async function endTransactions(
  killer: TransactionKiller,
  { group, ms }: { group: number; ms: number },
): Promise<void> {
  const deadline = performance.now() + ms;
  const told = new Set<number>();
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, MAX_POLL_MS)) {
    const members = await killer.members(group, [...TOLD, ...WAITED_FOR]);
    if (members.length === 0 || performance.now() >= deadline) return;
    const managers = members.filter(({ name }) => TOLD.includes(name));
    const ending = managers.length === 0 && told.size === 0 ? members : managers;
    const fresh = ending.map(({ pid }) => pid).filter((pid) => !told.has(pid));
    for (const pid of fresh) told.add(pid);
    if (fresh.length > 0) await killer.terminate(fresh);
    await sleep(pause);
  }
}
