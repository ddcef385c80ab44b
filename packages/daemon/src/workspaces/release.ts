import { toMtuiError } from "@mtui/core/protocol";
import type { Claim, HostArbiter } from "../arbiter/index.ts";
import { type Clock, pause } from "@mtui/core/clock";
import type { HeldLock, HostConnector, HostSession, LockRelease } from "../hosts/index.ts";
import { LAST_SCRIPT_MS, operationLocks, ourLocksOn } from "./left-locks.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

export interface ReleaseReport {
  host: string;
  /** Null when both halves are released. */
  reason: string | null;
}

export interface ReleaseDeps {
  arbiter: HostArbiter;
  connector: HostConnector;
  clock: Clock;
  log: (level: "info" | "warn" | "error", text: string) => void;
}

/** The remote half must answer within this; what it could not do is retried in the background. */
const REMOTE_MS = 7_000;
const RETRY_FIRST_MS = 2_000;
const RETRY_MAX_MS = 60_000;

/**
 * The one way out for a host: the locks on it, the connection (closed, or kept for the next claim of
 * the host) and the claim, in this order and together. When the host does not answer, its claim becomes `releasing`: visible, not grantable,
 * and retried with back-off until the file is gone or somebody else's.
 */
export class Releaser {
  readonly #deps: ReleaseDeps;
  /** Under way, by claim: who asks a second time gets the same answer. */
  readonly #releases = new Map<string, Promise<ReleaseReport>>();
  /** Tried again in the background, by claim. */
  readonly #pending = new Map<string, { name: string; reason: string; abort: AbortController }>();
  #stopped = false;

  constructor(deps: ReleaseDeps) {
    this.#deps = deps;
  }

  /** Hosts whose lock files could not be removed yet. */
  get unreleased(): ReleaseReport[] {
    return [...this.#pending.values()].map(({ name, reason }) => ({ host: name, reason }));
  }

  /** @param options.keep whether the next claim may have the connection; not that of a host that is unfit. @default true */
  async release(host: WorkspaceHost, { keep = true }: { keep?: boolean } = {}): Promise<ReleaseReport> {
    const { id, hostName } = host.claim;
    const pending = this.#pending.get(id);
    if (pending !== undefined) return { host: hostName, reason: pending.reason };
    const begun =
      this.#releases.get(id) ?? this.#release(host, keep).finally(() => this.#releases.delete(id));
    this.#releases.set(id, begun);
    return begun;
  }

  async #release(host: WorkspaceHost, keep: boolean): Promise<ReleaseReport> {
    const { arbiter, clock, log } = this.#deps;
    const name = host.claim.hostName;
    const asked = host.session.connected;
    const reason = await withLimit(clock, REMOTE_MS, () => removeLocks(host.session, locksOf(host)));
    await withLimit(clock, 2_000, async () => {
      await host.session.close({ keep: keep && reason === null });
      return null;
    });
    if (reason === null) {
      arbiter.release(host.claim.id);
      return { host: name, reason: null };
    }
    log("warn", `${name}: ${reason}; trying again in the background`);
    arbiter.markReleasing(host.claim.id, reason);
    // One that was not connected has not been asked yet.
    this.#retry(host.claim, {
      reason,
      first: asked ? RETRY_FIRST_MS : 0,
      known: locksOf(host),
    });
    return { host: name, reason };
  }

  /** Ends the retries, at shutdown, and begins none any more; what is left is in `unreleased`. */
  stop(): void {
    this.#stopped = true;
    for (const { abort } of this.#pending.values()) abort.abort();
  }

  /**
   * Of an earlier life of the daemon, which may have left anything of ours on the host. Not looked at
   * before its last script has ended there: what that still makes would be nobody's.
   */
  resume(claim: Claim, reason: string): void {
    this.#retry(claim, { reason, first: LAST_SCRIPT_MS, known: [] });
  }

  #retry(claim: Claim, { reason, ...options }: { reason: string; first: number; known: HeldLock[] }): void {
    const abort = new AbortController();
    this.#pending.set(claim.id, { name: claim.hostName, reason, abort });
    if (this.#stopped) return;
    void this.#loop(claim, { ...options, signal: abort.signal });
  }

  async #loop(
    claim: Claim,
    { first, known, signal }: { first: number; known: HeldLock[]; signal: AbortSignal },
  ): Promise<void> {
    const { arbiter, connector, clock, log } = this.#deps;
    for (
      let delay = first;
      await pause(clock, { ms: delay, signal });
      delay = Math.min(Math.max(delay * 2, RETRY_FIRST_MS), RETRY_MAX_MS)
    ) {
      try {
        await using session = await connector.open(claim, { signal });
        // Nobody but this claim may have anything of ours on its host.
        const found = await ourLocksOn(session);
        // What is known and not there any more may still have its private file beside it.
        const gone = known.filter(({ nonce }) => found.every((lock) => lock.nonce !== nonce));
        const left = await removeLocks(session, [...found, ...gone]);
        if (left !== null) {
          log("warn", `${claim.hostName}: still not released: ${left}`);
          continue;
        }
        this.#pending.delete(claim.id);
        arbiter.release(claim.id);
        log("info", `${claim.hostName}: its lock is removed`);
        return;
      } catch (thrown) {
        log("warn", `${claim.hostName}: still not released: ${toMtuiError(thrown).message}`);
      }
    }
  }
}

/**
 * A person's operation lock, and one that outlived an operation which lost the host. They go first:
 * while a command of ours is still at work there, the host is nobody else's.
 */
function locksOf(host: WorkspaceHost): HeldLock[] {
  return [...operationLocks(host.session), host.poolLock];
}

async function removeLocks(session: HostSession, locks: HeldLock[]): Promise<string | null> {
  for (const lock of locks) {
    const left = describe(lock, await session.releaseLock(lock));
    if (left !== null) return left;
  }
  return null;
}

/** Gone or somebody else's by now is as good as removed: nothing of ours is left. */
function describe(lock: HeldLock, release: LockRelease): string | null {
  return release.state === "error" ? `the ${lock.kind} lock could not be removed: ${release.reason}` : null;
}

async function withLimit(
  clock: Clock,
  ms: number,
  work: () => Promise<string | null>,
): Promise<string | null> {
  const late = Promise.withResolvers<string>();
  const stop = clock.after(ms, () => late.resolve(`no answer within ${ms / 1000} s`));
  try {
    return await Promise.race([work().catch((thrown: unknown) => toMtuiError(thrown).message), late.promise]);
  } finally {
    stop();
  }
}
