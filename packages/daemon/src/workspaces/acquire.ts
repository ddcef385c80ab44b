import { type RefHost, sameSlot, type Slot } from "@mtui/core/domain";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Attempt, Claim, HostArbiter, HostFault, TicketView } from "../arbiter/index.ts";
import { fanOut } from "../fan-out.ts";
import { unlessAborted } from "../unless-aborted.ts";
import type { Entered, HeldLock, HostConnector, LockReading } from "../hosts/index.ts";
import { resolveCandidates } from "./candidates.ts";
import { describeForeignLock } from "../hosts/describe-lock.ts";
import type { Log } from "../log/index.ts";
import type { HostLedger } from "./host-ledger.ts";
import { loggedWait } from "./logged-wait.ts";
import type { Releaser } from "./release.ts";
import type { WorkspaceHost } from "./workspace-host.ts";
import type { Workspace } from "./workspace.ts";

/** One slot with the inventory hosts that satisfy it, in preference order. */
export interface WantedSlot {
  slot: Slot;
  /** `preferred`: the report names it; equals are taken by turns. */
  candidates: { name: string; row: RefHost | null; preferred?: boolean }[];
}

export interface AcquireRequest {
  workspace: Workspace;
  job: string | null;
  slots: WantedSlot[];
  wait: { own: number; foreign: number };
  partial: boolean;
  /**
   * Also refuse hosts with a foreign operation lock, as pool selection does. A host that was named
   * by a person is taken all the same, with a warning: nothing of ours runs there until it is free.
   */
  refuseOperationLocks: boolean;
  /** A last look at a connected and locked host: why it is not fit, or null. */
  inspect?: (host: WorkspaceHost, signal: AbortSignal) => Promise<HostFault | null>;
  signal: AbortSignal;
  onTicket: (view: TicketView | null) => void;
  /** Positions in `slots` that a partial request went without. */
  onLeftOut?: (slots: readonly number[]) => void;
}

export interface AcquireDeps {
  arbiter: HostArbiter;
  connector: HostConnector;
  releaser: Pick<Releaser, "release">;
  ledger: HostLedger;
  log: Log;
  config: { daemon: { fanout: number } };
}

/**
 * Claims hosts for all slots or none: in the arbiter, then, on every host at once, the connection
 * and the pool lock. If one host fails, what was taken on the others is given back before the
 * arbiter matches again, so that nobody waits while holding locks; a host where that fails becomes
 * `releasing` and is granted to nobody.
 * @throws MtuiError host.busy, wait.timeout, deadlock, host.unreachable, workspace.closed
 */
export async function acquireHosts(deps: AcquireDeps, request: AcquireRequest): Promise<WorkspaceHost[]> {
  const resolving = resolveCandidates(request.slots, deps.connector);
  const { slots, rows } = await unlessAborted(resolving, { signal: request.signal });
  const attempt: Attempt<WorkspaceHost> = async (assigned, signal) => {
    const values = new Map<string, WorkspaceHost>();
    const faults = new Map<string, HostFault>();
    const giveAllBack = () => Promise.all([...values.values()].map((host) => deps.releaser.release(host)));
    try {
      await fanOut(assigned, {
        limit: deps.config.daemon.fanout,
        work: async ({ claim }) => {
          const row = rows.get(claim.hostKey) ?? null;
          const taken = await takeOne(deps, { ...request, claim, row, signal });
          if ("fault" in taken) faults.set(claim.hostKey, taken.fault);
          else values.set(claim.hostKey, taken.host);
        },
      });
    } catch (thrown) {
      await giveAllBack();
      throw thrown;
    }
    if (faults.size === 0) return { ok: true, values };
    await giveAllBack();
    return { ok: false, faults };
  };
  const waits = loggedWait(deps.log, { workspace: request.workspace.name, job: request.job });
  const claiming = deps.arbiter.claim<WorkspaceHost>(
    {
      workspace: request.workspace.name,
      namespace: request.workspace.namespace,
      rrid: request.workspace.rridText,
      job: request.job,
      slots,
      wait: request.wait,
      partial: request.partial,
    },
    attempt,
    {
      signal: request.signal,
      onTicket: (view) => {
        waits.onTicket(view);
        request.onTicket(view);
      },
      undo: (_claim, host) => undo(deps, host),
    },
  );
  const granted = await claiming.catch((thrown: unknown) => {
    waits.failed(thrown);
    throw thrown;
  });
  for (const { claim, slotIndex } of granted.served) serveToo(request, { key: claim.hostKey, slotIndex });
  request.onLeftOut?.(granted.unserved);
  const hosts = granted.claims.map(({ value }) => value);
  for (const host of hosts) deps.ledger.save(host);
  return hosts;
}

/** A host that the workspace had already stands for these test targets as well. */
function serveToo(
  { workspace, slots }: AcquireRequest,
  { key, slotIndex }: { key: string; slotIndex: readonly number[] },
): void {
  const host = [...workspace.hosts.values()].find(({ claim }) => claim.hostKey === key);
  if (host === undefined) return;
  const more = slotIndex.flatMap((index) => slots[index]?.slot ?? []);
  host.slots = [...host.slots, ...more.filter((slot) => !host.slots.some((each) => sameSlot(each, slot)))];
}

type Taken = { host: WorkspaceHost } | { fault: HostFault };

/** @throws what is a fault of ours and not of the host; the host has been given back then */
async function takeOne(
  deps: AcquireDeps,
  options: AcquireRequest & { claim: Claim; row: RefHost | null },
): Promise<Taken> {
  const { claim, row, signal, workspace } = options;
  const purpose = { rrid: workspace.rridText, workspace: workspace.name, operation: null };
  let entered: Entered;
  try {
    entered = await deps.connector.enter(claim, purpose, {
      signal,
      ...(row === null ? {} : { inventoryRow: row }),
    });
  } catch (thrown) {
    return { fault: unreachable(thrown) };
  }
  const { session, operation } = entered;
  const taken = poolLockOf(entered, claim);
  if (taken.lock === null) {
    await session.close();
    return { fault: taken.fault };
  }
  const host: WorkspaceHost = {
    claim,
    session,
    poolLock: taken.lock,
    slots: claim.fields.slots,
    warnings: [],
  };
  const fault = taken.fault ?? (await lookAt(deps, { ...options, host, operation }));
  if (fault === null) return { host };
  await deps.releaser.release(host, { keep: false });
  // What is said of a look that was broken off is no news of the host.
  return { fault: signal.aborted ? unreachable(signal.reason) : fault };
}

type PoolLock = { lock: HeldLock; fault: HostFault | null } | { lock: null; fault: HostFault };

/** A lock with a fault: its file is, or may be, on a host that cannot be used, and has to be removed. */
function poolLockOf({ pool, fault }: Entered, { hostName }: Claim): PoolLock {
  const unfit = fault === null ? null : unreachable(fault);
  if (pool.state === "taken") return { lock: pool.lock, fault: unfit };
  if (pool.state === "refused") return { lock: null, fault: unfit ?? foreignFault(pool.by) };
  const error = new MtuiError("lock.io", `${hostName}: the pool lock could not be taken: ${pool.reason}`, {
    hint: `Look at /var/lock on ${hostName}.`,
  });
  return { lock: pool.left ?? null, fault: unfit ?? unreachable(error) };
}

/** @param options.operation the operation lock as it was found */
async function lookAt(
  deps: AcquireDeps,
  options: AcquireRequest & { host: WorkspaceHost; operation: LockReading },
): Promise<HostFault | null> {
  const { host, operation, signal } = options;
  try {
    if (operation.state !== "free" && operation.state !== "ours") {
      if (options.refuseOperationLocks) return foreignFault(operation);
      host.warnings.push(`${host.claim.hostName} is locked: ${describeForeignLock(operation)}`);
    }
    return (await options.inspect?.(host, signal)) ?? null;
  } catch (thrown) {
    await deps.releaser.release(host, { keep: false });
    throw thrown;
  }
}

/** @throws MtuiError lock.io when the lock file is still there; the releaser goes on trying */
async function undo({ releaser }: AcquireDeps, host: WorkspaceHost): Promise<void> {
  const { reason } = await releaser.release(host);
  if (reason !== null) throw new MtuiError("lock.io", `${host.claim.hostName}: ${reason}`);
}

function unreachable(thrown: unknown): HostFault {
  return { kind: "unreachable", error: toMtuiError(thrown).toReport() };
}

function foreignFault(by: LockReading): HostFault {
  const since = by.state === "foreign" && by.record.epoch !== null ? by.record.epoch * 1000 : null;
  const text = describeForeignLock(by, { age: false });
  return { kind: "foreign-lock", text, ...(by.state === "foreign" ? { user: by.record.user } : {}), since };
}
