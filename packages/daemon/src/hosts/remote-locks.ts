import type { LockRecord } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import {
  type LockIdentity,
  newLock,
  nonceIn,
  restamped,
  sameLock,
  type StalePolicy,
} from "./lock-identity.ts";
import { exactly, type LockPort } from "./lock-port.ts";
import { LockSteps, wasSent } from "./lock-steps.ts";
import { takeInRounds } from "./lock-taking.ts";
import { PrivateFiles } from "./private-files.ts";
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

/**
 * The two lock files of one host: what is held here, and the steps that change it. How a lock is taken
 * is in `takeInRounds`, what may come of a single step in `LockSteps`, what the steps do on the host behind the port.
 */
export class RemoteLocks {
  readonly #options: RemoteLocksOptions;
  /** Nonces of the locks that were taken here. */
  readonly #held = new Set<string>();
  readonly #files: PrivateFiles;
  readonly #steps: LockSteps;

  constructor(options: RemoteLocksOptions) {
    this.#options = options;
    this.#files = new PrivateFiles(options);
    this.#steps = new LockSteps(options, this.#files);
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
    this.#files.gone(lock.nonce);
  }

  async take(kind: LockKind, purpose: LockPurpose): Promise<LockTaking> {
    const fresh = newLock(this.#options.identity, { kind, purpose, epoch: this.#options.hostClock() });
    const lock: HeldLock = { kind, ...fresh };
    const { live } = this.#options;
    // The file is there before the answer is: no other workspace may think it a left-over.
    live.set(lock.nonce, lock);
    try {
      const { taking, formerNonce } = await takeInRounds(
        { ...this.#options, isLive: (nonce) => live.has(nonce) },
        lock,
      );
      if (taking.state === "taken") this.#remember(lock);
      else live.delete(lock.nonce);
      if (taking.state === "taken" && taking.reaped !== undefined) this.#options.onReap(taking.reaped);
      this.#files.tidyLater(lock.nonce, formerNonce);
      return taking;
    } catch (error) {
      const reason = toMtuiError(error).message;
      if (!wasSent(error)) {
        live.delete(lock.nonce);
        return { state: "error", reason };
      }
      const left = await this.#takeBack(lock);
      if (left === null) return { state: "error", reason };
      return { state: "error", reason: `${reason}; whether the file was written is unknown`, left };
    }
  }

  /**
   * The answer is missing, not the step: the file may be there, or come, and nobody but us knows its
   * bytes. An operation lock is kept in mind here, a pool lock by whoever wanted the host.
   * @returns what may be left; null when the file was there and is removed
   */
  async #takeBack(lock: HeldLock): Promise<HeldLock | null> {
    const { kind, bytes, nonce } = lock;
    this.#files.tidyLater(nonce);
    const back = await this.#steps.drop({ kind, text: bytes, nonce });
    this.#options.live.delete(nonce);
    if (back.state === "released") return null;
    const left = this.#steps.unsure(lock);
    if (kind === "operation") this.#remember(left);
    return left;
  }

  async read(kind: LockKind): Promise<LockReading> {
    return await this.#steps.read(kind);
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
    const askedAt = this.#options.clock.now();
    let release = await this.#steps.drop({ kind, text: current.bytes, nonce, idle });
    const renewed = release.state === "foreign" ? sameLock(release.by, nonce) : null;
    // Renewed by the daemon's former self, or with an answer that was lost.
    if (renewed !== null) release = await this.#steps.drop({ kind, text: renewed, nonce, idle });
    const until = current.unsureUntil ?? lock.unsureUntil ?? 0;
    if (release.state !== "released" && release.state !== "error" && until > askedAt)
      return { state: "error", reason: "whether its file will still be written is known in some seconds" };
    if (release.state !== "error") this.forget(lock);
    // Overwritten or wiped: the file that it was made from is ours all the same.
    if (release.state === "foreign" || release.state === "absent") this.#files.tidyLater(nonce);
    return release;
  }

  /**
   * Removes the file if it still has the bytes that were seen. An operation lock stays while the host is
   * fenced, whosoever it is: a command of some mtuid is at work there.
   */
  async break(kind: LockKind, seen: string): Promise<LockRelease> {
    const nonce = nonceIn(seen);
    const release = await this.#steps.drop({
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
    const first = await this.#renew(current, current.bytes);
    const renewed = first.state === "refused" ? sameLock(first.by, current.nonce) : null;
    // An earlier renewing whose answer was lost.
    return renewed === null ? first : await this.#renew(current, renewed);
  }

  async #renew(current: HeldLock, seen: string): Promise<LockTaking> {
    const lock: HeldLock = { ...current, bytes: restamped(seen, this.#options.hostClock()) };
    const taking = await this.#steps.swap({ lock, expected: exactly(seen), mustExist: true });
    if (taking.state === "taken" && this.#options.live.has(lock.nonce)) this.#remember(lock);
    return taking;
  }

  /**
   * Gives a lock of ours another purpose, in one step on the host: there is no moment without it. One that
   * a reboot wiped is made anew.
   */
  async replace(lock: HeldLock, purpose: LockPurpose): Promise<LockTaking> {
    const { kind } = lock;
    const { live, identity, hostClock } = this.#options;
    const current = this.current(lock);
    const fresh: HeldLock = { kind, ...newLock(identity, { kind, purpose, epoch: hostClock() }) };
    live.set(fresh.nonce, fresh);
    const taking = await this.#steps.swap({ lock: fresh, expected: exactly(current.bytes) });
    if (taking.state !== "taken") {
      live.delete(fresh.nonce);
      return taking;
    }
    this.#files.tidyLater(current.nonce);
    this.forget(current);
    this.#remember(fresh);
    return taking;
  }

  /** Puts a lock back that a reboot wiped, with the same bytes, if nobody else was faster. */
  async putBack(lock: HeldLock): Promise<LockTaking> {
    const current = this.current(lock);
    const taking = await this.#steps.swap({ lock: current, expected: exactly(current.bytes) });
    if (taking.state === "error" && taking.left !== undefined && this.#options.live.has(lock.nonce))
      this.#options.live.set(lock.nonce, taking.left);
    return taking;
  }

  /** Removes private files that are left; before closing. */
  async tidy(): Promise<void> {
    await this.#files.tidy();
  }

  #remember(lock: HeldLock): void {
    this.#held.add(lock.nonce);
    this.#options.live.set(lock.nonce, lock);
  }
}
