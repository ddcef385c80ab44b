import type { HostFacts } from "@mtui/core/domain";
import type { Dial, DialSettings, ResolveTarget } from "../ssh/index.ts";
import { systemClock } from "@mtui/core/clock";
import { unlessAborted } from "../unless-aborted.ts";
import { cutOnAbort } from "./cut-link.ts";
import { lookAtHost } from "./facts.ts";
import { Probe } from "./grant.ts";
import { HostLink } from "./host-link.ts";
import { limitLooks } from "./limited-looks.ts";
import type { LockIdentity, StalePolicy } from "./lock-identity.ts";
import { type LiveLocks, RemoteLocks } from "./remote-locks.ts";
import type { RemotePaths } from "./remote-paths.ts";
import type { LockReading } from "./session.ts";
import { shellLockPort } from "./shell-lock-port.ts";

/** What a look without a claim tells. Nothing on the host changes for it, and nothing is reaped. */
export interface ProbeReading {
  readonly key: string;
  readonly operation: LockReading;
  readonly pool: LockReading;
  readonly facts: HostFacts;
  readonly bootId: string | null;
  /** Seconds since the epoch by the host's clock. */
  readonly clock: number;
  /** Can our lock protocol work there? */
  readonly supported: boolean;
}

export interface ProberOptions {
  readonly resolve: ResolveTarget;
  readonly settings: DialSettings;
  readonly dial: Dial;
  readonly paths: RemotePaths;
  readonly identity: LockIdentity;
  readonly stale: StalePolicy;
  readonly live: LiveLocks;
}

export type ProbeHost = (name: string, options?: { signal?: AbortSignal }) => Promise<ProbeReading>;

/** Rate-limited looks at hosts. */
export function createProber(options: ProberOptions): ProbeHost {
  const ask = limitLooks((name, signal) => probe(name, { ...options, signal }), { clock: systemClock });
  return async (name, { signal } = {}) => {
    const { key } = await options.resolve(name);
    return await ask(name, { key, signal });
  };
}

async function probe(name: string, options: ProberOptions & { signal: AbortSignal }): Promise<ProbeReading> {
  const { resolve, settings, dial, paths, signal } = options;
  const target = await unlessAborted(resolve(name), { signal });
  const link = await HostLink.open(Probe.mint(name), {
    target,
    settings,
    dial,
    paths,
    hostName: name,
    signal,
  });
  // A host that has stopped answering in the middle would keep its place else.
  return await cutOnAbort(link, { signal }, async () => {
    await using _closing = link;
    const look = await lookAtHost(link);
    const locks = new RemoteLocks({
      ...options,
      port: shellLockPort({ link, paths }),
      clock: systemClock,
      hostClock: () => look.clock,
      onReap: () => undefined,
    });
    const [operation, pool] = await Promise.all([locks.read("operation"), locks.read("pool")]);
    const { facts, bootId, clock, hasFlock } = look;
    return { key: target.key, operation, pool, facts, bootId, clock, supported: hasFlock };
  });
}
