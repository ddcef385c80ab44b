import type {
  ArbiterEvent,
  Attempt,
  ClaimRequest,
  HostFault,
} from "../../../packages/daemon/src/arbiter/index.ts";
import { createArbiter } from "../../../packages/daemon/src/arbiter/index.ts";
import { VirtualTime } from "./virtual-time.ts";

export function slot(product: string) {
  return { product, version: "15-SP6", arch: "x86_64", addons: [] };
}

/** Slots by their candidates: `ask("a", ["A", "B"], ["C"])` wants one of A and B, and C. */
export function ask(workspace: string, ...slots: string[][]): ClaimRequest {
  return {
    workspace,
    namespace: null,
    rrid: null,
    job: null,
    slots: slots.map((names, index) => ({
      slot: slot(`P${index}`),
      candidates: names.map((name) => ({ key: `${name}:22`, name })),
    })),
    wait: { own: Number.POSITIVE_INFINITY, foreign: Number.POSITIVE_INFINITY },
  };
}

/** An arbiter on virtual time before hosts that can be told to fail. */
export function startShell(options: { overtakes?: number; jitter?: number } = {}) {
  const time = new VirtualTime();
  const events: ArbiterEvent[] = [];
  /** By host name; every attempt on the host answers so. */
  const faults = new Map<string, HostFault>();
  const attempts: string[][] = [];
  /** Locks on the hosts, as an observer there would see them. */
  const locked = new Map<string, string>();
  const arbiter = createArbiter({
    now: time.now,
    scheduler: time,
    random: () => options.jitter ?? 0.5,
    pollSeconds: 10,
    ...(options.overtakes === undefined ? {} : { overtakes: options.overtakes }),
    onEvent: (event) => events.push(event),
  });
  const attempt: Attempt<string> = async (assigned) => {
    attempts.push(assigned.map(({ claim }) => claim.hostName).sort());
    const found = new Map<string, HostFault>();
    for (const { claim } of assigned) {
      const fault = faults.get(claim.hostName);
      if (fault) found.set(claim.hostKey, fault);
      else if (locked.has(claim.hostName)) throw new Error(`${claim.hostName} is locked twice`);
      else locked.set(claim.hostName, claim.fields.workspace);
    }
    await Promise.resolve();
    if (found.size === 0)
      return { ok: true, values: new Map(assigned.map(({ claim }) => [claim.hostKey, claim.id])) };
    for (const { claim } of assigned) locked.delete(claim.hostName);
    return { ok: false, faults: found };
  };
  const release = (claim: { id: string; hostName: string }) => {
    locked.delete(claim.hostName);
    return arbiter.release(claim.id);
  };
  return { arbiter, time, events, faults, attempts, locked, attempt, release };
}

export const foreign: HostFault = { kind: "foreign-lock", text: "locked by bob", since: 1_700_000_000_000 };
export const unreachable: HostFault = {
  kind: "unreachable",
  error: { kind: "host.unreachable", message: "connection refused", retryable: true },
};
export const dirty: HostFault = { kind: "dirty", reason: "a package transaction was left half done" };
