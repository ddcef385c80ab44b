import type { HostFacts } from "@mtui/core/domain";
import type { Dial, DialSettings, ResolveTarget } from "../ssh/index.ts";
import { Semaphore } from "../ssh/semaphore.ts";
import { systemClock } from "../clock.ts";
import { lookAtHost } from "./facts.ts";
import { Probe } from "./grant.ts";
import { HostLink } from "./host-link.ts";
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

const PARALLEL = 8;
/** Questions about one host within this time get one answer. */
const FRESH_MS = 1000;

/**
 * Rate-limited looks at hosts: at most eight at a time, and one connection for all who ask about the
 * same host within a second.
 */
export function createProber(options: ProberOptions): ProbeHost {
  const places = new Semaphore(PARALLEL);
  const recent = new Map<string, Promise<ProbeReading>>();
  return async (name, { signal } = {}) => {
    const { key } = await options.resolve(name);
    const known = recent.get(key);
    if (known !== undefined) return await known;
    const answer = probe(name, { ...options, places, ...(signal === undefined ? {} : { signal }) });
    recent.set(key, answer);
    const forget = (): void => {
      setTimeout(() => recent.delete(key), FRESH_MS).unref();
    };
    answer.then(forget, () => recent.delete(key));
    return await answer;
  };
}

async function probe(
  name: string,
  options: ProberOptions & { places: Semaphore; signal?: AbortSignal },
): Promise<ProbeReading> {
  const { places, resolve, settings, dial, paths, signal } = options;
  const done = await places.acquire(signal);
  try {
    const target = await resolve(name);
    const link = await HostLink.open(Probe.mint(name), {
      target,
      settings,
      dial,
      paths,
      hostName: name,
      ...(signal === undefined ? {} : { signal }),
    });
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
  } finally {
    done();
  }
}
