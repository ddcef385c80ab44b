import { randomBytes } from "node:crypto";
import { formatLock, type LockRecord, ourComment, parseLockFile, parseOurComment } from "@mtui/core/domain";
import { READ_LIMIT } from "./lock-script.ts";
import type { LockPurpose, LockReading } from "./session.ts";
import type { LockKind } from "./remote-paths.ts";

/** Who we are in a lock file (docs/formats/locks.md, "Our comments"). */
export interface LockIdentity {
  /** With the ending that no other mtui has. */
  readonly user: string;
  readonly pid: number;
  /** Random, kept in the state directory: the same daemon after a restart. */
  readonly daemonId: string;
}

export interface StalePolicy {
  /** Seconds by the host's clock; 0 = never stale. */
  readonly staleAgeSeconds: number;
  readonly reapStale: boolean;
}

export interface NewLock {
  readonly bytes: string;
  readonly nonce: string;
}

/** @throws MtuiError params.invalid, config.invalid for parts that the format cannot carry. */
export function newLock(
  identity: LockIdentity,
  options: { kind: LockKind; purpose: LockPurpose; epoch: number },
): NewLock {
  const nonce = randomBytes(12).toString("hex");
  const { kind, purpose, epoch } = options;
  const comment = ourComment({
    kind,
    operation: kind === "pool" ? null : (purpose.operation ?? "lock"),
    rrid: purpose.rrid,
    workspace: purpose.workspace,
    daemonId: identity.daemonId,
    nonce,
    ...(purpose.note === undefined ? {} : { note: purpose.note }),
  });
  return { bytes: formatLock({ epoch, user: identity.user, pid: identity.pid, comment }), nonce };
}

/** The same lock with a new time. */
export function restamped(bytes: string, epoch: number): string {
  return bytes.replace(/^[0-9]+/, String(epoch));
}

/**
 * What a lock file's bytes mean to us.
 * @param options.clock seconds by the host's clock when it was read
 * @param options.ourClock seconds by our own clock: other mtuis write the time of their machine, so on a
 *   host whose clock is years ahead each of their locks looks old. Stale is what both clocks call so.
 */
export function readingOf(
  bytes: Buffer,
  options: { identity: LockIdentity; stale: StalePolicy; clock: number; ourClock: number },
): LockReading {
  const file = parseLockFile(bytes);
  if (file.state === "free") return { state: "free" };
  const text = lockText(bytes);
  if (file.state === "malformed") return { state: "malformed", bytes: text };
  const { record } = file;
  const ageSeconds = record.epoch === null ? null : options.clock - record.epoch;
  if (isOurs(record, options.identity)) return { state: "ours", record, bytes: text, ageSeconds };
  const limit = options.stale.staleAgeSeconds;
  const ahead = Math.max(0, options.clock - options.ourClock);
  const stale = limit > 0 && ageSeconds !== null && ageSeconds - ahead > limit;
  return { state: "foreign", record, bytes: text, ageSeconds, stale };
}

/** By user and daemon id; the process id changes with every restart and proves nothing. */
function isOurs(record: LockRecord, identity: LockIdentity): boolean {
  if (record.user !== identity.user) return false;
  return parseOurComment(record.comment)?.daemonId === identity.daemonId;
}

/** Tells a lock of ours from its successors. */
export function nonceOf(reading: LockReading & { state: "ours" }): string | null {
  return parseOurComment(reading.record.comment)?.nonce ?? null;
}

/** The file's bytes, when it is the same lock with another time. */
export function sameLock(by: LockReading, nonce: string): string | null {
  return by.state === "ours" && nonceOf(by) === nonce ? by.bytes : null;
}

/** Of bytes that some mtuid wrote, this one or another. */
export function nonceIn(bytes: string): string | null {
  const file = parseLockFile(Buffer.from(bytes));
  return file.state === "held" ? (parseOurComment(file.record.comment)?.nonce ?? null) : null;
}

/**
 * Bytes as text that gives the same bytes back: UTF-8 where it is valid, else one character a byte.
 * `lockBytes` offers both readings, of which one is right.
 */
export function lockText(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : bytes.toString("latin1");
}

export function lockBytes(text: string): Buffer[] {
  const utf8 = Buffer.from(text, "utf8").subarray(0, READ_LIMIT);
  const onlyBytes = !/[^\u0000-\u00ff]/.test(text);
  return onlyBytes ? [utf8, Buffer.from(text, "latin1").subarray(0, READ_LIMIT)] : [utf8];
}
