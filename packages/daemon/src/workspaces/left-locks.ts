import type { HeldLock, HostSession } from "../hosts/index.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

export function operationLocks(session: HostSession): HeldLock[] {
  return session.locks.filter(({ kind }) => kind === "operation");
}

/**
 * Gives back operation locks that outlived their operation, which lost the host. One that must stay,
 * since its command is still at work there, is found by the next operation as a lock that is taken.
 */
export async function releaseLeftLocks({ session, byHand }: WorkspaceHost): Promise<void> {
  if (!session.connected) return;
  for (const lock of operationLocks(session))
    if (lock.nonce !== byHand?.nonce) await session.releaseLock(lock);
}
