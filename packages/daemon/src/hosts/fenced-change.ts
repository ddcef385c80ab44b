import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import type { Commands } from "./commands.ts";
import { lockLost } from "./lost-lock.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { RemoteLocks } from "./remote-locks.ts";
import type { ExecOptions, HeldLock } from "./session.ts";

export interface ChangeParts {
  readonly claim: Claim;
  readonly commands: Pick<Commands, "change">;
  readonly locks: Pick<RemoteLocks, "current" | "held" | "putBack" | "read" | "released">;
}

/**
 * A changing command under our locks. One that does not stand on the host any more ends it before it
 * begins: `lock.lost`, and what stands there is left alone. Only a pool lock whose file is gone is
 * put back, once: nobody else has the host then, and everybody shall see again that we have it.
 * @throws MtuiError internal for a lock that is no operation lock
 */
export async function changeFenced(
  { claim, commands, locks }: ChangeParts,
  command: string,
  { lock, release, ...options }: ExecOptions & { lock: HeldLock; release: boolean; id?: string },
): Promise<CommandOutcome & { lockReleased?: boolean }> {
  if (lock.kind !== "operation")
    throw new MtuiError("internal", "A change needs the operation lock, not the pool lock.");
  for (let again = false; ; again = true) {
    const operation = locks.current(lock);
    const pool = locks.held.findLast(({ kind }) => kind === "pool") ?? null;
    const ended = await commands.change(command, { ...options, fence: { operation, pool, release } });
    if (ended.state !== "lockLost") {
      if (ended.lockReleased === true) locks.released(lock);
      return ended;
    }
    if (ended.lock === "operation" || pool === null)
      return notRun(lockLost(claim, { kind: ended.lock, by: await locks.read(ended.lock) }));
    const back = again ? null : await locks.putBack(pool);
    if (back?.state === "error") return notRun(cannotPutBack(claim, back.reason));
    if (back?.state !== "taken") {
      const by = back?.by ?? (await locks.read("pool"));
      return notRun(lockLost(claim, { kind: "pool", by }));
    }
  }
}

function notRun(error: MtuiError): CommandOutcome {
  return { state: "notRun", error: error.toReport() };
}

function cannotPutBack({ hostName: host }: Claim, reason: string): MtuiError {
  return new MtuiError(
    "lock.io",
    `${host}: our pool lock is gone and cannot be put back (${reason}); the command was not started.`,
    { hint: `Look at it: ssh root@${host} ls -la /var/lock`, data: { host, lock: "pool" } },
  );
}
