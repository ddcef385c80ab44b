import { setTimeout as sleep } from "node:timers/promises";
import { type LockRecord, parseLockFile, parseOurComment } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import { shellQuote } from "../ssh/index.ts";
import type { HostLink } from "./host-link.ts";
import { type LockIdentity, newLock, readingOf, restamped, type StalePolicy } from "./lock-identity.ts";
import { hexWords } from "./lock-script.ts";
import { dropStep, readStep, reasonOf, swapStep } from "./lock-steps.ts";
import { type LockKind, type RemotePaths, temporaryPath } from "./remote-paths.ts";
import type { HeldLock, LockPurpose, LockReading, LockRelease, LockTaking } from "./session.ts";

export type LiveLocks = Map<string, HeldLock>;

export interface RemoteLocksOptions {
  readonly link: HostLink;
  readonly paths: RemotePaths;
  readonly identity: LockIdentity;
  readonly stale: StalePolicy;
  /**
   * By nonce, the locks that this process holds on any host, with their bytes of now: restamping
   * changes them while callers keep their `HeldLock`. Never taken over as left-overs of a crash.
   */
  readonly live: LiveLocks;
  /** Seconds now, by the host's clock. */
  readonly hostClock: () => number;
  readonly onReap: (record: LockRecord) => void;
}

interface Dropped {
  /** What the file must have. */
  readonly text: string;
  /** Of a lock of ours: its private file goes too. */
  readonly nonce?: string;
  /** Only while no command of ours is at work on the host. */
  readonly idle?: boolean;
}

/** Between two looks at what may be half written, or may be stale. */
const SECOND_LOOK_MS = 500;
const MAX_ROUNDS = 4;
const TIDY_MS = 400;

/**
 * The two lock files of one host. Taking goes: try to create; if something is there, read it and
 * decide; if it may be replaced (empty for two looks, stale for two looks with the same bytes, or a
 * left-over of this daemon), replace exactly those bytes. Every answer but the plain "created" or
 * "replaced" means that we do not have it.
 */
export class RemoteLocks {
  readonly #options: RemoteLocksOptions;
  /** Nonces of the locks that were taken here. */
  readonly #held = new Set<string>();
  readonly #untidy = new Set<string>();
  #tidyTimer: NodeJS.Timeout | undefined;

  constructor(options: RemoteLocksOptions) {
    this.#options = options;
  }

  get held(): HeldLock[] {
    return [...this.#held].flatMap((nonce) => this.#options.live.get(nonce) ?? []);
  }

  /** The bytes that should be in the file now. */
  current(lock: HeldLock): HeldLock {
    return this.#options.live.get(lock.nonce) ?? lock;
  }

  /** The file is no longer ours. */
  forget(lock: HeldLock): void {
    this.#held.delete(lock.nonce);
    this.#options.live.delete(lock.nonce);
  }

  /** Forgets a lock that a command released on the host, private file included. */
  released(lock: HeldLock): void {
    this.forget(lock);
    this.#untidy.delete(this.#privateFile(lock.nonce));
  }

  async take(kind: LockKind, purpose: LockPurpose): Promise<LockTaking> {
    const fresh = newLock(this.#options.identity, { kind, purpose, epoch: this.#options.hostClock() });
    const lock: HeldLock = { kind, ...fresh };
    try {
      const taking = await this.#rounds(lock);
      if (taking.state === "taken") this.#remember(lock);
      return taking;
    } catch (error) {
      // The answer is missing, not the step: the file may be there, and nobody but us knows its bytes.
      const left = await this.#drop(kind, { text: lock.bytes, nonce: lock.nonce }).catch(() => null);
      const reason = toMtuiError(error).message;
      if (left !== null && left.state !== "error") return { state: "error", reason };
      return { state: "error", reason: `${reason}; whether the file was written is unknown`, left: lock };
    }
  }

  async #rounds(lock: HeldLock): Promise<LockTaking> {
    let expected = "";
    let reaped: LockRecord | undefined;
    /** Of a lock that this daemon left behind in its former life, with its private file beside it. */
    let formerNonce: string | null = null;
    let seen: LockReading | null = null;
    let last: LockReading = { state: "unreadable", reason: "the lock file keeps changing" };
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const word = await this.#swap(lock, expected);
      if (word === "taken") {
        if (formerNonce !== null) this.#tidyLater(this.#privateFile(formerNonce));
        if (expected !== "" && reaped !== undefined) this.#options.onReap(reaped);
        return { state: "taken", lock, ...(reaped === undefined ? {} : { reaped }) };
      }
      if (word.startsWith("error")) return { state: "error", reason: reasonOf(word) };
      expected = "";
      reaped = undefined;
      if (word === "empty") {
        await sleep(SECOND_LOOK_MS);
        expected = "empty";
        continue;
      }
      const { reading, bytes } = await this.#read(lock.kind);
      last = reading;
      if (reading.state === "free") {
        if (bytes.length > 0) expected = hexWords(bytes);
        continue;
      }
      if (reading.state === "ours" && !this.#isLive(reading)) {
        expected = hexWords(bytes);
        formerNonce = nonceOf(reading);
        continue;
      }
      if (reading.state !== "foreign" || !reading.stale || !this.#options.stale.reapStale) break;
      if (seen?.state === "foreign" && seen.bytes === reading.bytes) {
        expected = hexWords(bytes);
        reaped = reading.record;
      } else {
        seen = reading;
        await sleep(SECOND_LOOK_MS);
      }
    }
    return { state: "refused", by: last };
  }

  async read(kind: LockKind): Promise<LockReading> {
    try {
      return (await this.#read(kind)).reading;
    } catch (error) {
      return { state: "unreadable", reason: toMtuiError(error).message };
    }
  }

  /** Goes on renewing locks that another session of this process took. */
  adopt(locks: readonly HeldLock[]): void {
    for (const { nonce } of locks) if (this.#options.live.has(nonce)) this.#held.add(nonce);
  }

  /** An operation lock stays while the host is fenced: a command that began under it is still at work. */
  async release(lock: HeldLock): Promise<LockRelease> {
    const current = this.current(lock);
    const { kind, nonce } = current;
    const idle = kind === "operation";
    let release = await this.#dropSafely(kind, { text: current.bytes, nonce, idle });
    if (release.state === "foreign" && release.by.state === "ours" && nonceOf(release.by) === lock.nonce) {
      // Restamped by the daemon's former self, which wrote down the first bytes.
      release = await this.#dropSafely(kind, { text: release.by.bytes, nonce, idle });
    }
    if (release.state !== "error") this.forget(lock);
    return release;
  }

  /** Removes the file if it still has the bytes that were seen. */
  async break(kind: LockKind, seen: string): Promise<LockRelease> {
    const nonce = nonceIn(seen);
    const release = await this.#dropSafely(kind, { text: seen, ...(nonce === null ? {} : { nonce }) });
    if (release.state === "released") {
      for (const lock of this.held) if (lock.kind === kind && lock.bytes === seen) this.forget(lock);
    }
    return release;
  }

  /** Gives a lock of ours a new time, long before others would call it stale. */
  async restamp(lock: HeldLock): Promise<LockTaking> {
    const current = this.current(lock);
    const renewed: HeldLock = { ...current, bytes: restamped(current.bytes, this.#options.hostClock()) };
    try {
      const word = await this.#swap(renewed, hexWords(Buffer.from(current.bytes)), { mustExist: true });
      if (word === "taken") {
        this.#remember(renewed);
        return { state: "taken", lock: renewed };
      }
      if (word.startsWith("error")) return { state: "error", reason: reasonOf(word) };
      return { state: "refused", by: await this.read(lock.kind) };
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  /** Puts a lock back that a reboot wiped, with the same bytes, if nobody else was faster. */
  async putBack(lock: HeldLock): Promise<LockTaking> {
    const current = this.current(lock);
    try {
      const word = await this.#swap(current, hexWords(Buffer.from(current.bytes)));
      if (word === "taken") return { state: "taken", lock: current };
      if (word.startsWith("error")) return { state: "error", reason: reasonOf(word) };
      return { state: "refused", by: await this.read(lock.kind) };
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  #remember(lock: HeldLock): void {
    this.#held.add(lock.nonce);
    this.#options.live.set(lock.nonce, lock);
  }

  #isLive(reading: LockReading & { state: "ours" }): boolean {
    const nonce = nonceOf(reading);
    return nonce === null || this.#options.live.has(nonce);
  }

  /** @param expected as `swapStep` */
  async #swap(lock: HeldLock, expected: string, options: { mustExist?: boolean } = {}): Promise<string> {
    const word = await swapStep(this.#options, { lock, expected, mustExist: options.mustExist === true });
    this.#tidyLater(this.#privateFile(lock.nonce));
    return word;
  }

  /**
   * The file that was linked into place is removed with the lock, or when the host is quiet: a process
   * less while many hosts are being locked at once.
   */
  #tidyLater(temporary: string): void {
    this.#untidy.add(temporary);
    this.#tidyTimer ??= setTimeout(() => void this.tidy(), TIDY_MS).unref();
  }

  #privateFile(nonce: string): string {
    return shellQuote(temporaryPath(this.#options.paths, nonce));
  }

  /** Removes what `#tidyLater` left; before closing. */
  async tidy(): Promise<void> {
    clearTimeout(this.#tidyTimer);
    this.#tidyTimer = undefined;
    const files = [...this.#untidy];
    this.#untidy.clear();
    if (files.length === 0 || !this.#options.link.connected) return;
    const done = await this.#options.link.control(`rm -f ${files.join(" ")}`).catch(() => null);
    // A directory that refuses now may not refuse the next time.
    if (done?.status !== 0) for (const file of files) this.#untidy.add(file);
  }

  async #dropSafely(kind: LockKind, what: Dropped): Promise<LockRelease> {
    try {
      return await this.#drop(kind, what);
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  async #drop(kind: LockKind, what: Dropped): Promise<LockRelease> {
    const word = await dropStep(this.#options, { kind, ...what });
    if (word === "released" || word === "absent") return { state: word };
    if (word !== "foreign") return { state: "error", reason: reasonOf(word) };
    return { state: "foreign", by: await this.read(kind) };
  }

  async #read(kind: LockKind): Promise<{ reading: LockReading; bytes: Buffer }> {
    const { identity, stale } = this.#options;
    const seen = await readStep(this.#options, kind);
    const bytes = seen.state === "file" ? seen.bytes : Buffer.alloc(0);
    if (seen.state === "file")
      return { reading: readingOf(bytes, { identity, stale, clock: seen.clock }), bytes };
    if (seen.state === "absent") return { reading: { state: "free" }, bytes };
    return { reading: { state: "unreadable", reason: seen.reason }, bytes };
  }
}

/** Of bytes that some mtuid wrote, this one or another. */
function nonceIn(bytes: string): string | null {
  const file = parseLockFile(Buffer.from(bytes));
  return file.state === "held" ? (parseOurComment(file.record.comment)?.nonce ?? null) : null;
}

function nonceOf(reading: LockReading & { state: "ours" }): string | null {
  return parseOurComment(reading.record.comment)?.nonce ?? null;
}
