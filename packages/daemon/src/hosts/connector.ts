import { compareWithInventory, type RefHost } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import { type Clock, systemClock } from "../clock.ts";
import {
  createResolver,
  type DialSettings,
  type Log,
  type SshTarget,
  type UnknownHostPolicy,
} from "../ssh/index.ts";
import { Commands } from "./commands.ts";
import { lookAtHost, type HostLook } from "./facts.ts";
import { HostLink } from "./host-link.ts";
import type { LockIdentity, StalePolicy } from "./lock-identity.ts";
import { createProber, type ProbeHost } from "./probe.ts";
import { type LiveLocks, RemoteLocks } from "./remote-locks.ts";
import { DEFAULT_PATHS, type RemotePaths } from "./remote-paths.ts";
import type { CommandLimits, HostSession } from "./session.ts";
import { shellLockPort } from "./shell-lock-port.ts";
import { SshHostSession } from "./ssh-session.ts";

export interface HostConnectorOptions {
  readonly identity: LockIdentity;
  readonly ssh: {
    /** In place of the user's and the system's ssh_config. */
    readonly configFile?: string;
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
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  /** Differences between the row and the host are logged as warnings. */
  readonly inventoryRow?: RefHost;
}

/** The only way to a host. */
export interface HostConnector {
  /** @throws MtuiError host.unknown, host.unsupported, config.invalid */
  resolve(name: string): Promise<SshTarget>;
  /**
   * @throws MtuiError host.unreachable, host.auth, host.key, host.unsupported, host.lost,
   *   request.cancelled
   */
  open(claim: Claim, options?: OpenOptions): Promise<HostSession>;
  /** A look that changes nothing. @throws as `open` */
  probe: ProbeHost;
}

/** @default 300 s of silence, no limit in all, 1 MiB a stream, 10 s between TERM and KILL */
const DEFAULT_LIMITS: CommandLimits = { silence: 300, total: 0, capture: 1024 * 1024, grace: 10 };

/** Others call a lock stale after a day at the earliest, so a quarter of our own limit is early enough. */
const MAX_RESTAMP_SECONDS = 6 * 3600;

export function createHostConnector(options: HostConnectorOptions): HostConnector {
  const { identity, ssh, locks: stale, log } = options;
  const clock = options.clock ?? systemClock;
  const paths: RemotePaths = { ...DEFAULT_PATHS, ...options.paths };
  const limits: CommandLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const resolve = createResolver({ configFile: ssh.configFile });
  const settings: DialSettings = {
    resolve,
    unknownHosts: ssh.strictHostKeyChecking,
    connectTimeoutSeconds: ssh.connectTimeoutSeconds,
    authSock: ssh.authSock,
    log,
  };
  const live: LiveLocks = new Map();

  const open: HostConnector["open"] = async (claim, { signal, inventoryRow } = {}) => {
    const hostName = claim.hostName;
    const target = await resolve(hostName);
    if (target.key !== claim.hostKey) throw movedAway(claim, target);
    const cancel = signal === undefined ? {} : { signal };
    const link = await HostLink.open(claim, { target, settings, paths, hostName, ...cancel });
    try {
      const look = await lookAtHost(link);
      if (!look.hasFlock) throw noFlock(hostName);
      report(look, { hostName, inventoryRow, log });
      const offset = look.clock - Math.floor(clock.now() / 1000);
      const hostClock = (): number => Math.floor(clock.now() / 1000) + offset;
      const locks = new RemoteLocks({
        port: shellLockPort({ link, paths }),
        clock,
        identity,
        stale,
        live,
        hostClock,
        onReap: (record) =>
          log("warn", `${hostName}: a stale lock of ${record.user} was removed`, { record }),
      });
      return new SshHostSession({
        claim,
        link,
        locks,
        commands: new Commands({ link, paths, limits, hostName }),
        paths,
        look,
        historyUser: identity.user.replace(/\+mtuid$/, ""),
        hostClock,
        restampMs: restampSeconds(stale) * 1000,
        onClose: () => undefined,
      });
    } catch (error) {
      await link.close();
      throw error;
    }
  };

  return { resolve, open, probe: createProber({ resolve, settings, paths, identity, stale, live }) };
}

function restampSeconds(stale: StalePolicy): number {
  if (stale.staleAgeSeconds <= 0) return MAX_RESTAMP_SECONDS;
  return Math.min(MAX_RESTAMP_SECONDS, Math.max(1, Math.floor(stale.staleAgeSeconds / 4)));
}

function report(
  look: HostLook,
  context: { hostName: string; inventoryRow: RefHost | undefined; log: Log },
): void {
  for (const warning of look.warnings) context.log("warn", warning);
  if (context.inventoryRow === undefined) return;
  for (const line of compareWithInventory(look.facts, context.inventoryRow))
    context.log("warn", `${context.hostName}: ${line}`);
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
