import type { RefHost } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import { type Clock, systemClock } from "@mtui/core/clock";
import {
  createResolver,
  type Dial,
  dial,
  type DialSettings,
  type Log,
  routeTo,
  type SshTarget,
  type UnknownHostPolicy,
} from "../ssh/index.ts";
import { unlessAborted } from "../unless-aborted.ts";
import { cutOnAbort } from "./cut-link.ts";
import { enter, enterAfter, type Entered, enterKept } from "./enter.ts";
import { HostLink, type LinkOptions } from "./host-link.ts";
import type { LockIdentity, StalePolicy } from "./lock-identity.ts";
import { Parking, PARKING, type ParkingLimits } from "./parking.ts";
import { createProber, type ProbeHost } from "./probe.ts";
import type { LiveLocks } from "./remote-locks.ts";
import { DEFAULT_PATHS, type RemotePaths } from "./remote-paths.ts";
import { type KnownHost, Seat, type SeatOptions } from "./seat.ts";
import type { CommandLimits, HostSession, LockPurpose } from "./session.ts";
import { type UnendedJournal, unendedCommands } from "./unended.ts";

export interface HostConnectorOptions {
  readonly identity: LockIdentity;
  readonly ssh: {
    /** In place of the user's and the system's ssh_config. */
    readonly configFile?: string;
    /** A private directory of ours, for what `ssh -G` reads. @default a temporary one */
    readonly directory?: string;
    /** What to do with hosts whose key is not known; ssh_config may be stricter. */
    readonly strictHostKeyChecking: UnknownHostPolicy;
    readonly connectTimeoutSeconds: number;
    readonly authSock: () => string | undefined;
  };
  readonly locks: StalePolicy;
  readonly limits?: Partial<CommandLimits>;
  readonly log: Log;
  readonly clock?: Clock;
  /** Where the files are on the hosts; only tests move them. */
  readonly paths?: Partial<RemotePaths>;
  /** Connections that are kept between two claims. @default 32, 30 s each */
  readonly parking?: ParkingLimits;
  /** Bytes of each stream that a host keeps of a change. @default 256 MiB */
  readonly spool?: number;
  /** Traces of jobs that will ask for what their commands left on hosts. @default none */
  readonly jobsAtWork?: () => readonly string[];
  /** Where changes are written down that a cancel could not reach. @default they are forgotten with this connector */
  readonly unended?: UnendedJournal;
  /** How a connection is made; tests count what goes over it. */
  readonly dial?: Dial;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Differences between the row and the host are logged as warnings. */
  readonly inventoryRow?: RefHost;
}

/** The only way to a host. Its end closes the connections that are kept between two claims. */
export interface HostConnector extends AsyncDisposable {
  /** @throws MtuiError host.unknown, host.unsupported, config.invalid */
  resolve(name: string): Promise<SshTarget>;
  /**
   * How a claim begins: the connection, the pool lock, and who works on the host. The connection that
   * the last claim of this host left is used where there is one; nothing of its owner is.
   * @throws MtuiError host.unreachable, host.auth, host.key, host.unsupported, host.lost,
   *   request.cancelled: nothing of ours is on the host then
   */
  enter(claim: Claim, purpose: LockPurpose, options?: OpenOptions): Promise<Entered>;
  /** A new connection under a claim that has begun. @throws as `enter` */
  open(claim: Claim, options?: OpenOptions): Promise<HostSession>;
  /** A change on a host that is not connected is to be ended: whoever connects it next does so. */
  endLater(claim: Claim, id: string): void;
  /** A look that changes nothing. @throws as `enter` */
  probe: ProbeHost;
}

/** @default 300 s of silence, no limit in all, 1 MiB a stream, 10 s between TERM and KILL, an hour for a broken link */
const DEFAULT_LIMITS: CommandLimits = {
  silence: 300,
  total: 0,
  capture: 1024 * 1024,
  grace: 10,
  reconnect: 3600,
};

/** Others call a lock stale after a day at the earliest, so a quarter of our own limit is early enough. */
const MAX_RESTAMP_SECONDS = 6 * 3600;

export function createHostConnector(options: HostConnectorOptions): HostConnector {
  const { identity, ssh, locks: stale, log } = options;
  const clock = options.clock ?? systemClock;
  const paths: RemotePaths = { ...DEFAULT_PATHS, ...options.paths };
  const limits: CommandLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const resolve = createResolver({ configFile: ssh.configFile, directory: ssh.directory });
  const settings: DialSettings = {
    resolve,
    unknownHosts: ssh.strictHostKeyChecking,
    connectTimeoutSeconds: ssh.connectTimeoutSeconds,
    authSock: ssh.authSock,
    log,
  };
  const live: LiveLocks = new Map();
  const parking = new Parking<KnownHost>(clock, options.parking ?? PARKING);
  const seats: SeatOptions = {
    identity,
    stale,
    live,
    unended: unendedCommands(options.unended),
    limits,
    ...(options.spool === undefined ? {} : { spool: options.spool }),
    ...(options.jobsAtWork === undefined ? {} : { jobsAtWork: options.jobsAtWork }),
    paths,
    clock,
    log,
    restampMs: restampSeconds(stale) * 1000,
    keep: (connection, known) => parking.put({ connection, known }),
  };

  const wayTo = async (claim: Claim, signal: AbortSignal | undefined): Promise<LinkOptions> => {
    const target = await unlessAborted(resolve(claim.hostName), { signal });
    if (target.key !== claim.hostKey) throw movedAway(claim, target);
    return { target, settings, paths, hostName: claim.hostName, dial: options.dial ?? dial };
  };

  const connect = async <T>(
    claim: Claim,
    way: LinkOptions & { signal: AbortSignal | undefined },
    begin: (seat: Seat) => Promise<T>,
  ): Promise<T> => {
    const { signal, ...rest } = way;
    const link = await HostLink.open(claim, { ...rest, ...(signal === undefined ? {} : { signal }) });
    try {
      return await begin(new Seat(claim, link, seats));
    } catch (error) {
      throw await ended(link, { error, signal });
    }
  };

  return {
    resolve,
    async enter(claim, purpose, { signal, inventoryRow } = {}) {
      const way = await wayTo(claim, signal);
      const route = await unlessAborted(routeTo(way.target, resolve), { signal });
      const parked = signal?.aborted ? null : parking.take(claim.hostKey, route);
      const wish = { purpose, inventoryRow, signal };
      const anew = async (): Promise<Entered> =>
        await connect(claim, { ...way, signal }, async (seat) => await enter(seat, wish));
      if (parked === null) return await anew();
      const link = HostLink.resume(claim, { ...way, idle: parked.connection });
      const seat = new Seat(claim, link, { ...seats, skew: parked.known.skew });
      try {
        const entered = await enterKept(seat, { ...wish, known: parked.known });
        return "dead" in entered ? await enterAfter(entered, anew) : entered;
      } catch (error) {
        throw await ended(link, { error, signal });
      }
    },
    async open(claim, { signal, inventoryRow } = {}) {
      const way = await wayTo(claim, signal);
      return await connect(claim, { ...way, signal }, async (seat) => {
        const look = await cutOnAbort(seat.link, { signal }, async () => await seat.look({ inventoryRow }));
        signal?.throwIfAborted();
        const session = seat.session(look);
        try {
          // Whoever waits for this connection wants to work there, or to take the locks away.
          await unlessAborted(seat.leftEnded, { signal });
          return session;
        } catch (error) {
          // What is being ended there is left to the next session.
          seat.link.abandon();
          await session.close({ leave: true });
          throw error;
        }
      });
    },
    endLater: ({ hostKey }, id) => void seats.unended(hostKey).add(id),
    probe: createProber({ resolve, settings, paths, identity, stale, live, dial: options.dial ?? dial }),
    [Symbol.asyncDispose]: async () => await parking[Symbol.asyncDispose](),
  };
}

/** @returns what a beginning that failed is to throw; its link is closed, and without a word when nobody waits */
async function ended(
  link: HostLink,
  { error, signal }: { error: unknown; signal: AbortSignal | undefined },
): Promise<unknown> {
  if (signal?.aborted !== true) {
    await link.close();
    return error;
  }
  link.abandon();
  return new MtuiError("request.cancelled", `Connecting to ${link.target.name} was cancelled.`, {
    cause: error,
  });
}

function restampSeconds(stale: StalePolicy): number {
  if (stale.staleAgeSeconds <= 0) return MAX_RESTAMP_SECONDS;
  return Math.min(MAX_RESTAMP_SECONDS, Math.max(1, Math.floor(stale.staleAgeSeconds / 4)));
}

function movedAway(claim: Claim, target: SshTarget): MtuiError {
  return new MtuiError(
    "host.unknown",
    `${claim.hostName} was claimed as ${claim.hostKey}, but ssh_config now leads to ${target.key}.`,
    {
      hint: `Remove the host and add it again: mtuictl add-host -t ${claim.hostName}`,
    },
  );
}
