import { parseOurComment } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HeldLock, HostConnector, HostSession, LockReading } from "../hosts/index.ts";
import { describeForeignLock } from "../hosts/describe-lock.ts";
import { nonceOf, operationLocks, ourLock, releaseLeftLocks } from "./left-locks.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

export interface Reconnecting {
  connector: Pick<HostConnector, "open">;
  signal: AbortSignal;
  workspace: string;
  rrid: string | null;
}

/**
 * Opens a lost connection again under the same claim, and looks whether the pool lock is still
 * ours. A host that does not answer, or whose lock cannot be read, keeps its closed session: the
 * operation says so for that host alone. A lock file that is gone was wiped by a reboot, and is put
 * back. Then what lost operations left locked is unlocked.
 * @throws MtuiError lock.lost when somebody else's pool lock stands on the host
 */
export async function reconnect(hosts: readonly WorkspaceHost[], options: Reconnecting): Promise<void> {
  const lost = hosts.filter((host) => !host.session.connected);
  // All are waited for, whatever becomes of one: a straggler would open what nobody closes any more.
  const ends = await Promise.allSettled(lost.map((host) => reopen(host, options)));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  await Promise.all(hosts.map(releaseLeftLocks));
}

/** @throws MtuiError lock.lost */
export async function reopen(host: WorkspaceHost, options: Reconnecting): Promise<void> {
  const { connector, signal } = options;
  const session = await connector.open(host.claim, { signal }).catch(() => null);
  if (session === null) return;
  const former = host.session;
  const pool = await poolLock(session, { ...options, host }).catch(async (thrown: unknown) => {
    await session.close();
    throw thrown;
  });
  if (pool === null) {
    await session.close();
    return;
  }
  host.poolLock = pool;
  session.adoptLocks([...(await leftOperationLocks(session, former)), pool]);
  host.session = session;
  await former.close();
}

/** What the former session knew, and what a former life of the daemon left, whatever it was for. */
async function leftOperationLocks(session: HostSession, former: HostSession): Promise<HeldLock[]> {
  const known = operationLocks(former);
  const left = await ourLock(session, "operation");
  return left === null || known.some(({ nonce }) => nonce === left.nonce) ? known : [...known, left];
}

/** @returns null when the host could not be asked after all */
async function poolLock(
  session: HostSession,
  { host, workspace, rrid }: Reconnecting & { host: WorkspaceHost },
): Promise<HeldLock | null> {
  // Its bytes of now: renewed since it was taken.
  const known = host.session.locks.find(({ kind }) => kind === "pool") ?? host.poolLock;
  let reading = await session.readLock("pool");
  if (reading.state === "free") {
    const taking = await session.takeLock("pool", { operation: null, rrid, workspace });
    if (taking.state === "taken") return taking.lock;
    if (taking.state === "error") {
      // Perhaps written: then these are the bytes to remove in the end.
      if (taking.left !== undefined) host.poolLock = taking.left;
      return null;
    }
    reading = taking.by;
  }
  if (reading.state === "unreadable") return null;
  // The daemon's former life may have renewed it, or written it anew, after it was written down.
  if (reading.state === "ours" && isOf(reading, { nonce: known.nonce, workspace })) {
    const lock: HeldLock = { kind: "pool", bytes: reading.bytes, nonce: nonceOf(reading) };
    if (parseOurComment(reading.record.comment)?.workspace === workspace) return lock;
    // The daemon died in a takeover: the host is this workspace's, its file still names the other one.
    const taking = await session.replaceLock(lock, { operation: null, rrid, workspace });
    return taking.state === "taken" ? taking.lock : lock;
  }
  const name = host.claim.hostName;
  throw new MtuiError("lock.lost", `${name} is not ours any more: ${describeForeignLock(reading)}.`, {
    hint: `Give it up with mtuictl remove-host -w ${workspace} -t ${name}, then mtuictl add-host -w ${workspace}.`,
    data: { host: name },
  });
}

/** Only one claim of a workspace can be on a host: what names the workspace is of this one. */
function isOf(
  reading: LockReading & { state: "ours" },
  { nonce, workspace }: { nonce: string; workspace: string },
): boolean {
  return nonceOf(reading) === nonce || parseOurComment(reading.record.comment)?.workspace === workspace;
}
