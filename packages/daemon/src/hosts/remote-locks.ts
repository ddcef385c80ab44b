import type { LockRecord } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "../clock.ts";
import {
  type LockIdentity,
  newLock,
  nonceIn,
  nonceOf,
  restamped,
  type StalePolicy,
} from "./lock-identity.ts";
import type { DropStep, Expected, LockPort } from "./lock-port.ts";
import { lookAtLock, takeInRounds } from "./lock-taking.ts";
import type { LockKind } from "./remote-paths.ts";
import type { HeldLock, LockPurpose, LockReading, LockRelease, LockTaking } from "./session.ts";

export type LiveLocks = Map<string, HeldLock>;

export interface RemoteLocksOptions {
  readonly port: LockPort;
  readonly identity: LockIdentity;
  readonly stale: StalePolicy;
  /** For the time between two looks, and for tidying. */
  readonly clock: Clock;
  /**
   * By nonce, the locks that this process holds on any host, with their bytes of now: restamping
   * changes them while callers keep their `HeldLock`. Never taken over as left-overs of a crash.
   */
  readonly live: LiveLocks;
  /** Seconds now, by the host's clock. */
  readonly hostClock: () => number;
  readonly onReap: (record: LockRecord) => void;
}

const TIDY_MS = 400;

/**
 * The two lock files of one host: what is held here, and the steps that change it. How a lock is taken
 * is in `takeInRounds`, what the steps do on the host behind the port.
 */
export class RemoteLocks {
  readonly #options: RemoteLocksOptions;
  /** Nonces of the locks that were taken here. */
  readonly #held = new Set<string>();
  readonly #untidy = new Set<string>();
  #stopTidying: (() => void) | undefined;

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
    this.#untidy.delete(lock.nonce);
  }

  async take(kind: LockKind, purpose: LockPurpose): Promise<LockTaking> {
    const fresh = newLock(this.#options.identity, { kind, purpose, epoch: this.#options.hostClock() });
    const lock: HeldLock = { kind, ...fresh };
    try {
      const { taking, formerNonce } = await takeInRounds(
        { ...this.#options, isLive: (nonce) => this.#options.live.has(nonce) },
        lock,
      );
      if (taking.state === "taken") this.#remember(lock);
      if (taking.state === "taken" && taking.reaped !== undefined) this.#options.onReap(taking.reaped);
      this.#tidyLater(lock.nonce, formerNonce);
      return taking;
    } catch (error) {
      this.#tidyLater(lock.nonce);
      // The answer is missing, not the step: the file may be there, and nobody but us knows its bytes.
      const left = await this.#drop({ kind, text: lock.bytes, nonce: lock.nonce }).catch(() => null);
      const reason = toMtuiError(error).message;
      if (left !== null && left.state !== "error") return { state: "error", reason };
      return { state: "error", reason: `${reason}; whether the file was written is unknown`, left: lock };
    }
  }

  async read(kind: LockKind): Promise<LockReading> {
    try {
      return (await lookAtLock(this.#options, kind)).reading;
    } catch (error) {
      return { state: "unreadable", reason: toMtuiError(error).message };
    }
  }

  /** Goes on looking after locks that another session took, of this process or of the daemon's former life. */
  adopt(locks: readonly HeldLock[]): void {
    for (const lock of locks) {
      if (!this.#options.live.has(lock.nonce)) this.#options.live.set(lock.nonce, lock);
      this.#held.add(lock.nonce);
    }
  }

  /** An operation lock stays while the host is fenced: a command that began under it is still at work. */
  async release(lock: HeldLock): Promise<LockRelease> {
    const current = this.current(lock);
    const { kind, nonce } = current;
    const idle = kind === "operation";
    let release = await this.#dropSafely({ kind, text: current.bytes, nonce, idle });
    if (release.state === "foreign" && release.by.state === "ours" && nonceOf(release.by) === lock.nonce) {
      // Restamped by the daemon's former self, which wrote down the first bytes.
      release = await this.#dropSafely({ kind, text: release.by.bytes, nonce, idle });
    }
    if (release.state !== "error") this.forget(lock);
    // Overwritten or wiped: the file that it was made from is ours all the same.
    if (release.state === "foreign" || release.state === "absent") this.#tidyLater(nonce);
    return release;
  }

  /**
   * Removes the file if it still has the bytes that were seen. An operation lock stays while the host is
   * fenced, whosoever it is: a command of some mtuid is at work there.
   */
  async break(kind: LockKind, seen: string): Promise<LockRelease> {
    const nonce = nonceIn(seen);
    const release = await this.#dropSafely({
      kind,
      text: seen,
      idle: kind === "operation",
      ...(nonce === null ? {} : { nonce }),
    });
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
      const expected: Expected = { state: "bytes", bytes: Buffer.from(current.bytes) };
      const answer = await this.#options.port.swap({ lock: renewed, expected, mustExist: true });
      this.#tidyLater(lock.nonce);
      if (answer.state === "taken") {
        this.#remember(renewed);
        return { state: "taken", lock: renewed };
      }
      if (answer.state === "error") return answer;
      return { state: "refused", by: await this.read(lock.kind) };
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  /**
   * Gives a lock of ours another purpose, in one step on the host: there is no moment without it. One that
   * a reboot wiped is made anew.
   */
  async replace(lock: HeldLock, purpose: LockPurpose): Promise<LockTaking> {
    const { kind } = lock;
    const current = this.current(lock);
    const epoch = this.#options.hostClock();
    const fresh: HeldLock = { kind, ...newLock(this.#options.identity, { kind, purpose, epoch }) };
    try {
      const expected: Expected = { state: "bytes", bytes: Buffer.from(current.bytes) };
      const answer = await this.#options.port.swap({ lock: fresh, expected });
      this.#tidyLater(fresh.nonce);
      if (answer.state === "taken") {
        this.#tidyLater(current.nonce);
        this.forget(current);
        this.#remember(fresh);
        return { state: "taken", lock: fresh };
      }
      if (answer.state === "error") return answer;
      return { state: "refused", by: await this.read(kind) };
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message, left: fresh };
    }
  }

  /** Puts a lock back that a reboot wiped, with the same bytes, if nobody else was faster. */
  async putBack(lock: HeldLock): Promise<LockTaking> {
    const current = this.current(lock);
    try {
      const expected: Expected = { state: "bytes", bytes: Buffer.from(current.bytes) };
      const answer = await this.#options.port.swap({ lock: current, expected });
      this.#tidyLater(lock.nonce);
      if (answer.state === "taken") return { state: "taken", lock: current };
      if (answer.state === "error") return answer;
      return { state: "refused", by: await this.read(lock.kind) };
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  #remember(lock: HeldLock): void {
    this.#held.add(lock.nonce);
    this.#options.live.set(lock.nonce, lock);
  }

  /**
   * The file that was linked into place is removed with the lock, or when the host is quiet: a process
   * less while many hosts are being locked at once.
   */
  #tidyLater(...nonces: readonly (string | undefined)[]): void {
    for (const nonce of nonces) if (nonce !== undefined) this.#untidy.add(nonce);
    this.#stopTidying ??= this.#options.clock.after(TIDY_MS, () => void this.tidy());
  }

  /** Removes what `#tidyLater` left; before closing. */
  async tidy(): Promise<void> {
    this.#stopTidying?.();
    this.#stopTidying = undefined;
    const nonces = [...this.#untidy];
    if (nonces.length === 0 || !(await this.#options.port.tidy(nonces))) return;
    // A directory that refuses now may not refuse the next time.
    for (const nonce of nonces) this.#untidy.delete(nonce);
  }

  async #dropSafely(step: DropStep): Promise<LockRelease> {
    try {
      return await this.#drop(step);
    } catch (error) {
      return { state: "error", reason: toMtuiError(error).message };
    }
  }

  async #drop(step: DropStep): Promise<LockRelease> {
    const answer = await this.#options.port.drop(step);
    if (answer.state === "released" && step.nonce !== undefined) this.#untidy.delete(step.nonce);
    if (answer.state !== "foreign") return answer;
    return { state: "foreign", by: await this.read(step.kind) };
  }
}
