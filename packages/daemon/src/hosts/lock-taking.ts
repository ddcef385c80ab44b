import type { LockRecord } from "@mtui/core/domain";
import { type Clock, pause } from "@mtui/core/clock";
import { type LockIdentity, nonceOf, readingOf, type StalePolicy } from "./lock-identity.ts";
import type { Expected, LockPort } from "./lock-port.ts";
import type { LockKind } from "./remote-paths.ts";
import type { HeldLock, LockReading, LockTaking } from "./session.ts";

export interface LockView {
  readonly port: LockPort;
  readonly identity: LockIdentity;
  readonly stale: StalePolicy;
  readonly clock: Clock;
}

export interface Taker extends LockView {
  /** Does this process hold the lock with this nonce? */
  readonly isLive: (nonce: string) => boolean;
}

export interface RoundsEnd {
  readonly taking: LockTaking;
  /** Of a lock that this daemon left behind in its former life, and whose place was taken. */
  readonly formerNonce?: string;
}

/** Between two looks at what may be half written, or may be stale. */
const SECOND_LOOK_MS = 500;
const MAX_ROUNDS = 4;

/**
 * Taking a lock: try to create; if something is there, read it and decide; if it may be replaced
 * (empty for two looks, stale for two looks with the same bytes, or a left-over of this daemon),
 * replace exactly those bytes. Every answer but "taken" means that we do not have it.
 * @throws MtuiError host.lost and others of the port: the file may then be there.
 */
export async function takeInRounds(taker: Taker, lock: HeldLock): Promise<RoundsEnd> {
  let expected: Expected = { state: "absent" };
  let reaped: LockRecord | undefined;
  let formerNonce: string | undefined;
  let seen: LockReading | null = null;
  let last: LockReading = { state: "unreadable", reason: "the lock file keeps changing" };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const answer = await taker.port.swap({ lock, expected });
    if (answer.state === "taken") {
      const taking: LockTaking = { state: "taken", lock, ...(reaped === undefined ? {} : { reaped }) };
      return { taking, ...(formerNonce === undefined ? {} : { formerNonce }) };
    }
    if (answer.state === "error") return { taking: answer };
    expected = { state: "absent" };
    reaped = undefined;
    formerNonce = undefined;
    if (answer.state === "empty") {
      await pause(taker.clock, { ms: SECOND_LOOK_MS });
      expected = { state: "empty" };
      continue;
    }
    const { reading, bytes } = await lookAtLock(taker, lock.kind);
    last = reading;
    if (reading.state === "free") {
      if (bytes.length > 0) expected = { state: "bytes", bytes };
      continue;
    }
    if (reading.state === "ours" && isLeftOver(taker, reading)) {
      expected = { state: "bytes", bytes };
      formerNonce = nonceOf(reading) ?? undefined;
      continue;
    }
    if (reading.state !== "foreign" || !reading.stale || !taker.stale.reapStale) break;
    if (seen?.state === "foreign" && seen.bytes === reading.bytes) {
      expected = { state: "bytes", bytes };
      reaped = reading.record;
    } else {
      seen = reading;
      await pause(taker.clock, { ms: SECOND_LOOK_MS });
    }
  }
  return { taking: { state: "refused", by: last } };
}

function isLeftOver(taker: Taker, reading: LockReading & { state: "ours" }): boolean {
  const nonce = nonceOf(reading);
  return nonce !== null && !taker.isLive(nonce);
}

/** @throws as the port */
export async function lookAtLock(
  { port, identity, stale, clock }: LockView,
  kind: LockKind,
): Promise<{ reading: LockReading; bytes: Buffer }> {
  const seen = await port.read(kind);
  const bytes = seen.state === "file" ? seen.bytes : Buffer.alloc(0);
  if (seen.state === "file") {
    const ourClock = Math.floor(clock.now() / 1000);
    return { reading: readingOf(bytes, { identity, stale, clock: seen.clock, ourClock }), bytes };
  }
  if (seen.state === "absent") return { reading: { state: "free" }, bytes };
  return { reading: { state: "unreadable", reason: seen.reason }, bytes };
}
