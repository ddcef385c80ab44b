import { MtuiError } from "@mtui/core/protocol";
import { type Clock, pause } from "@mtui/core/clock";
import type { HeldLock, HostSession, RebootOutcome } from "../../hosts/index.ts";

const LOOK_MS = 5000;

interface Rebooting {
  readonly lock: HeldLock;
  readonly budgetSeconds: number;
  readonly signal?: AbortSignal;
  /** The boot id before a reboot that a former life of the daemon had begun. */
  readonly former: string | null;
  readonly save: (before: string, end: RebootOutcome | null) => Promise<boolean>;
  readonly clock: Clock;
}

/**
 * A reboot that happens once: the boot id before it is written down before it begins. A next life that
 * finds another one knows that it has happened, and puts the lock back; one that finds the same does it.
 */
export async function recordedReboot(session: HostSession, options: Rebooting): Promise<RebootOutcome> {
  const { former, save, lock, budgetSeconds, signal } = options;
  const wishes = { lock, budgetSeconds, ...(signal === undefined ? {} : { signal }) };
  if (former !== null) {
    const after = await bootIdWithin(session, options);
    if (after === null) return { state: "lost", reason: `it does not answer since its reboot began` };
    if (after !== former) {
      const end = await comeBack(session, { before: former, after, lock: options.lock });
      await save(former, end);
      return end;
    }
  }
  // Cancelled before, and the host is as it was then: it does not go down any more.
  if (former !== null && signal?.aborted) {
    const error = new MtuiError("job.cancelled", `${session.name}: cancelled before it rebooted.`);
    const end: RebootOutcome = { state: "notRun", error: error.toReport() };
    await save(former, end);
    return end;
  }
  const before = former ?? (await session.bootId());
  if (before === null) return { state: "failed", reason: "the boot id before the reboot cannot be read" };
  await save(before, null);
  const end = await session.reboot(wishes);
  await save(before, end);
  return end;
}

async function comeBack(
  session: HostSession,
  { before, after, lock }: { before: string; after: string; lock: HeldLock },
): Promise<RebootOutcome> {
  const back = await session.putBackLock(lock);
  if (back.state === "taken") return { state: "ok", before, after, ms: 0 };
  const why = back.state === "refused" ? "somebody else locked it meanwhile" : back.reason;
  return { state: "failed", reason: `it rebooted, but the operation lock could not be put back: ${why}` };
}

async function bootIdWithin(
  session: HostSession,
  { budgetSeconds, clock, signal }: Rebooting,
): Promise<string | null> {
  const until = clock.now() + budgetSeconds * 1000;
  for (;;) {
    const id = await session.bootId();
    if (id !== null || clock.now() >= until) return id;
    if (!(await pause(clock, { ms: LOOK_MS, ...(signal === undefined ? {} : { signal }) }))) return null;
  }
}
