import { parseOurComment } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HeldLock, HostSession, LockReading } from "../hosts/index.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

/**
 * A script of a daemon that died goes on on the host for so long at most: it waits for the guard, then for
 * nothing (milliseconds).
 */
export const LAST_SCRIPT_MS = 7_000;

export function operationLocks(session: HostSession): HeldLock[] {
  return session.locks.filter(({ kind }) => kind === "operation");
}

/**
 * Gives back operation locks that outlived their operation, which lost the host. One that must stay,
 * since its command is still at work there, is found by the next operation as a lock that is taken.
 */
export async function releaseLeftLocks({ session, byHand, atWork }: WorkspaceHost): Promise<void> {
  if (!session.connected) return;
  for (const lock of operationLocks(session))
    if (lock.nonce !== byHand?.nonce && lock.nonce !== atWork?.nonce) await session.releaseLock(lock);
}

/**
 * Every lock file of this daemon that stands on the host, also one that a former life of it has left. The
 * operation lock comes first: while a command of ours is still at work, the host is nobody else's.
 * @throws MtuiError lock.io when a file cannot be read: it may be ours
 */
export async function ourLocksOn(session: HostSession): Promise<HeldLock[]> {
  const locks = await Promise.all([strictlyOurs(session, "operation"), strictlyOurs(session, "pool")]);
  return locks.filter((lock) => lock !== null);
}

async function strictlyOurs(session: HostSession, kind: HeldLock["kind"]): Promise<HeldLock | null> {
  const reading = await session.readLock(kind);
  if (reading.state === "unreadable") throw new MtuiError("lock.io", `the ${kind} lock: ${reading.reason}`);
  return heldBy(reading, kind);
}

/** Null also when it cannot be read. */
export async function ourLock(session: HostSession, kind: HeldLock["kind"]): Promise<HeldLock | null> {
  return heldBy(await session.readLock(kind), kind);
}

function heldBy(reading: LockReading, kind: HeldLock["kind"]): HeldLock | null {
  return reading.state === "ours" ? { kind, bytes: reading.bytes, nonce: nonceOf(reading) } : null;
}

export function nonceOf(reading: LockReading & { state: "ours" }): string {
  return parseOurComment(reading.record.comment)?.nonce ?? "";
}
