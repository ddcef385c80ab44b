import type { RefHost } from "@mtui/core/domain";
import { compareWithInventory } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import type { Clock } from "@mtui/core/clock";
import type { Log } from "../ssh/index.ts";
import { Commands } from "./commands.ts";
import { type HostLook, lookAtHost } from "./facts.ts";
import type { HostLink } from "./host-link.ts";
import type { IdleConnection } from "./idle-connection.ts";
import { sweepPutsScript } from "./left-puts.ts";
import type { LockIdentity, StalePolicy } from "./lock-identity.ts";
import { type LiveLocks, RemoteLocks } from "./remote-locks.ts";
import type { RemotePaths } from "./remote-paths.ts";
import type { CommandLimits } from "./session.ts";
import { shellLockPort } from "./shell-lock-port.ts";
import { SshHostSession } from "./ssh-session.ts";

/** What is the same for every host. */
export interface SeatOptions {
  readonly identity: LockIdentity;
  readonly stale: StalePolicy;
  readonly live: LiveLocks;
  readonly limits: CommandLimits;
  /** Bytes of each stream that a host keeps of a change. */
  readonly spool?: number;
  /** By host key, changes that a cancel could not reach. */
  readonly unended: (hostKey: string) => Set<string>;
  /** Traces of jobs that will ask for what their commands left on hosts. */
  readonly jobsAtWork?: () => readonly string[];
  readonly paths: RemotePaths;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds between two renewals of our locks' time. */
  readonly restampMs: number;
  /** Of a session that ended with nothing at work on its connection. */
  readonly keep: (connection: IdleConnection, known: KnownHost) => void;
}

/** What an owner knew of a host when it left. */
export interface KnownHost {
  readonly look: HostLook;
  /** Seconds that the host's clock is ahead of ours. */
  readonly skew: number;
}

/** Seconds between the host's clock and ours that are worth a word. */
const CLOCK_LIMIT = 3600;

/** A claim's things on one link, before and while it has a session: its locks, and the host's clock. */
export class Seat {
  readonly link: HostLink;
  readonly locks: RemoteLocks;
  readonly clock: Clock;
  /** When nothing is at work any more of what an earlier cancel could not reach, or that takes too long. */
  leftEnded: Promise<void> = Promise.resolve();
  readonly #claim: Claim;
  readonly #options: SeatOptions;
  #skew: number;

  constructor(claim: Claim, link: HostLink, options: SeatOptions & { skew?: number }) {
    const { clock, identity, stale, live, log, paths } = options;
    this.#claim = claim;
    this.link = link;
    this.clock = clock;
    this.#options = options;
    this.#skew = options.skew ?? 0;
    this.locks = new RemoteLocks({
      port: shellLockPort({ link, paths }),
      clock,
      identity,
      stale,
      live,
      hostClock: this.lockClock,
      onReap: (record) =>
        log("warn", `${claim.hostName}: a stale lock of ${record.user} was removed`, { record }),
    });
  }

  /** Seconds since the epoch. */
  readonly hostClock = (): number => this.#now() + this.#skew;

  /**
   * What our locks say. Other mtuis judge their age by their own machine's clock: on a host that is far
   * behind, the host's time would make a fresh lock look old to them.
   */
  readonly lockClock = (): number => (this.#skew < -CLOCK_LIMIT ? this.#now() : this.hostClock());

  /**
   * Reads the host, and from now on goes by its clock.
   * @throws MtuiError host.lost, host.unsupported
   */
  async look(options: { inventoryRow?: RefHost | undefined; timeoutMs?: number }): Promise<HostLook> {
    const { hostName } = this.#claim;
    const look = await lookAtHost(
      this.link,
      options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs },
    );
    if (!look.hasFlock) throw noFlock(hostName);
    this.#skew = look.clock - this.#now();
    const off = clockWarning(hostName, this.#skew);
    for (const warning of [...look.warnings, ...(off === null ? [] : [off])])
      this.#options.log("warn", warning);
    if (options.inventoryRow !== undefined)
      for (const line of compareWithInventory(look.facts, options.inventoryRow))
        this.#options.log("warn", `${hostName}: ${line}`);
    return look;
  }

  session(look: HostLook): SshHostSession {
    const { limits, paths, identity, restampMs, keep, spool, unended } = this.#options;
    const { link, locks, hostClock } = this;
    const { hostName, hostKey } = this.#claim;
    const commands = new Commands({
      link,
      paths,
      limits,
      hostName,
      owner: identity.daemonId,
      ...(spool === undefined ? {} : { spool }),
      held: () => locks.held.some(({ kind }) => kind === "operation"),
      unended: unended(hostKey),
    });
    commands.endLeft();
    this.leftEnded = commands.leftEnded();
    commands.sweep(this.#options.jobsAtWork?.() ?? []);
    link.behindNext(sweepPutsScript());
    return new SshHostSession({
      claim: this.#claim,
      link,
      locks,
      commands,
      paths,
      look,
      historyUser: identity.user.replace(/\+mtuid$/, ""),
      hostClock,
      restampMs,
      keep: (connection) => keep(connection, { look, skew: this.#skew }),
    });
  }

  #now(): number {
    return Math.floor(this.#options.clock.now() / 1000);
  }
}

/** Locks of others are judged by the host's clock: one that is far off makes them look too old, or never old. */
function clockWarning(hostName: string, skew: number): string | null {
  if (Math.abs(skew) <= CLOCK_LIMIT) return null;
  const way = skew > 0 ? "ahead of" : "behind";
  return `${hostName}: its clock is ${Math.round(Math.abs(skew) / 3600)} h ${way} ours; the age of locks there is wrong by as much`;
}

function noFlock(hostName: string): MtuiError {
  return new MtuiError(
    "host.unsupported",
    `${hostName} has no flock program (util-linux), without which it cannot be locked safely.`,
    {
      hint: `Install it: ssh root@${hostName} zypper install util-linux`,
      data: { host: hostName },
    },
  );
}
