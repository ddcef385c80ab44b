import type { HostFacts, LockRecord } from "@mtui/core/domain";
import type { ErrorReport } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import type { CommandOutcome } from "./outcome.ts";

export interface CommandLimits {
  /** Seconds without a byte on either stream; 0 = none. */
  silence: number;
  /** Seconds in all; 0 = none. */
  total: number;
  /** Bytes kept of each stream: half as head, half as tail. */
  capture: number;
  /** Seconds between TERM and KILL when a command is ended. */
  grace: number;
  /** Seconds that a broken link may take to stand again under a changing command; 0 = it is not made again. */
  reconnect: number;
}

export interface ExecOptions {
  limits?: Partial<CommandLimits>;
  /** Ends the command on the host. */
  signal?: AbortSignal;
  /** Lets go of a durable command: it goes on on the host, and nobody follows it any more. */
  detach?: AbortSignal;
  /** The link broke, or stands again; the command does not notice. */
  onLink?: (state: "broken" | "again") => void;
  /** Raw bytes as they arrive, for logs and followers. */
  onOutput?: (stream: "stdout" | "stderr", chunk: Buffer) => void;
}

/** What a workspace holds on a host while it changes it: our bytes in `/var/lock/mtui.lock`. */
export interface HeldLock {
  readonly kind: "operation" | "pool";
  /** The exact bytes of the file, as written. */
  readonly bytes: string;
  readonly nonce: string;
  /**
   * The answer to its writing was lost, and the script that writes it may still be at work on the host
   * until then (milliseconds since the epoch): no file yet does not mean that none comes.
   */
  readonly unsureUntil?: number;
}

/** What the comment of a lock file of ours says (docs/formats/locks.md). */
export interface LockPurpose {
  /** The operation's name in the operation lock; null in the pool lock. */
  readonly operation: string | null;
  readonly rrid: string | null;
  readonly workspace: string;
  /** Words of the person who took it by hand; put before ours. */
  readonly note?: string;
}

export type LockReading =
  | { readonly state: "free" }
  | {
      readonly state: "ours";
      readonly record: LockRecord;
      readonly bytes: string;
      /** By the host's clock. */
      readonly ageSeconds: number | null;
    }
  | {
      readonly state: "foreign";
      readonly record: LockRecord;
      readonly bytes: string;
      readonly ageSeconds: number | null;
      readonly stale: boolean;
    }
  /** Malformed contents: locked by unknown. */
  | { readonly state: "malformed"; readonly bytes: string }
  | { readonly state: "unreadable"; readonly reason: string };

export type LockTaking =
  | { readonly state: "taken"; readonly lock: HeldLock; readonly reaped?: LockRecord }
  | { readonly state: "refused"; readonly by: LockReading }
  /** `left`: whether its file was written is unknown; it is to be released like one that was taken. */
  | { readonly state: "error"; readonly reason: string; readonly left?: HeldLock };

export type LockRelease =
  | { readonly state: "released" }
  | { readonly state: "absent" }
  /** Somebody else's bytes are there now; left alone. */
  | { readonly state: "foreign"; readonly by: LockReading }
  | { readonly state: "error"; readonly reason: string };

/**
 * One claimed host with its one connection. Everything that the workflow does to a host goes
 * through here. Methods never throw for what a host answers; they throw only for misuse.
 */
export interface HostSession extends AsyncDisposable {
  readonly claim: Claim;
  /** Display name. */
  readonly name: string;
  readonly facts: HostFacts;
  readonly connected: boolean;
  /** Locks that were taken here and are not given back yet. */
  readonly locks: readonly HeldLock[];

  /** A reading query: plain exec, no lock. */
  query(command: string, options?: ExecOptions): Promise<CommandOutcome>;

  /**
   * A changing command, fenced: on the host a kernel lock is held for as long as the work lasts,
   * and our locks are checked by nonce in the same exec. When the operation lock, or the pool lock that
   * this session holds, is not ours any more: `notRun` with `lock.lost`. `release` removes the operation lock in the same round trip when the command is done.
   */
  change(
    command: string,
    lock: HeldLock,
    options?: ExecOptions & {
      release?: boolean;
      /** Its name on the host: under one id a command is started once, ever. @default a random one */
      id?: string;
    },
  ): Promise<CommandOutcome & { lockReleased?: boolean }>;

  /**
   * Goes on with a change that was started under this id, by this session or an earlier one, from these
   * bytes on; what it wrote before is not given again. Its outcome counts all bytes, but captures
   * only those that were read here. A link that breaks is made again within the limit.
   * @returns `absent` when there is no trace of it on the host: it never ran, or was collected
   */
  follow(
    id: string,
    options: ExecOptions & { from: { stdout: number; stderr: number } },
  ): Promise<(CommandOutcome & { lockReleased?: boolean }) | { readonly state: "absent" }>;

  /** The ends of these changes are written down: their traces may be removed from the host, some time. */
  collect(ids: readonly string[]): void;

  /** Takes it if free, ours or stale (seen twice); the session makes nonce and comment from the purpose. */
  takeLock(kind: "operation" | "pool", purpose: LockPurpose): Promise<LockTaking>;
  readLock(kind: "operation" | "pool"): Promise<LockReading>;
  /** An operation lock stays, as an error, while a changing command of ours is still at work there. */
  releaseLock(lock: HeldLock): Promise<LockRelease>;
  /** Goes on looking after locks that an earlier session of the same host took. */
  adoptLocks(locks: readonly HeldLock[]): void;
  /** A lock of ours for another owner of ours, in one step: the file is never absent in between. */
  replaceLock(lock: HeldLock, purpose: LockPurpose): Promise<LockTaking>;
  /**
   * `unlock --force`: removes exactly the bytes that were seen, audited by the caller. An operation lock
   * stays, as an error, while a fenced command is at work there.
   */
  breakLock(kind: "operation" | "pool", seen: string): Promise<LockRelease>;
  /** A new time in a lock of ours, compared and swapped; sessions do this by themselves in good time. */
  restampLock(lock: HeldLock): Promise<LockTaking>;

  /** Puts a lock that a reboot wiped back, with the same bytes, if nobody else was faster. */
  putBackLock(lock: HeldLock): Promise<LockTaking>;
  /** Null when the host does not answer. */
  bootId(): Promise<string | null>;

  /** Append one line to `/var/log/mtui.log`. */
  appendHistory(fields: readonly string[]): Promise<boolean>;

  /** Read products again (after a reboot or a product change). */
  refreshFacts(): Promise<HostFacts>;

  /**
   * Reboot, as a change under the operation lock, and prove it by a new boot id. Puts the locks that
   * we hold back afterwards.
   * @returns the outcome: `ok` only with a new boot id, and with the locks in place.
   */
  reboot(options: { lock: HeldLock; budgetSeconds: number; signal?: AbortSignal }): Promise<RebootOutcome>;

  /**
   * End running commands, close. Does not touch locks: that is the claim's release. With `keep` the
   * connection may stay for the next claim of this host, if nothing is at work on it and no lock is held.
   * With `leave` running commands and locks are left as they are, for the daemon's next life.
   */
  close(options?: { keep?: boolean; leave?: boolean }): Promise<void>;
}

export type RebootOutcome =
  | { readonly state: "ok"; readonly before: string; readonly after: string; readonly ms: number }
  /** `error`: it did reboot, but a lock of ours is somebody else's now. */
  | { readonly state: "failed"; readonly reason: string; readonly error?: ErrorReport }
  | { readonly state: "lost"; readonly reason: string }
  | { readonly state: "notRun"; readonly error: ErrorReport };
