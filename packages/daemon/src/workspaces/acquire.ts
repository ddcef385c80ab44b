import type { RefHost, Slot } from "@mtui/core/domain";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Attempt, Claim, ClaimRequest, HostArbiter, HostFault, TicketView } from "../arbiter/index.ts";
import { fanOut } from "../fan-out.ts";
import type { HostConnector, HostSession, LockReading } from "../hosts/index.ts";
import { describeForeignLock } from "./foreign-lock.ts";
import type { WorkspaceHost } from "./workspace-host.ts";
import type { Workspace } from "./workspace.ts";

/** One slot with the inventory hosts that satisfy it, in preference order. */
export interface WantedSlot {
  slot: Slot;
  candidates: { name: string; row: RefHost | null }[];
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
  /** A last look at a connected host; a string says why it is not fit (`dirty`). */
  inspect?: (host: WorkspaceHost, signal: AbortSignal) => Promise<string | null>;
  signal: AbortSignal;
  onTicket: (view: TicketView | null) => void;
}

export interface AcquireDeps {
  arbiter: HostArbiter;
  connector: HostConnector;
  config: { daemon: { fanout: number } };
}

/**
 * Claims hosts for all slots or none: in the arbiter, then, on every host at once, the connection
 * and the pool lock. If one host fails, what was taken on the others is given back before the
 * arbiter matches again, so that nobody waits while holding locks.
 * @throws MtuiError host.busy, wait.timeout, deadlock, host.unreachable, workspace.closed
 */
export async function acquireHosts(deps: AcquireDeps, request: AcquireRequest): Promise<WorkspaceHost[]> {
  const rows = new Map<string, RefHost | null>();
  const slots: ClaimRequest["slots"] = [];
  for (const wanted of request.slots) {
    const candidates = new Map<string, { key: string; name: string }>();
    for (const candidate of wanted.candidates) {
      const { key } = await deps.connector.resolve(candidate.name);
      if (!candidates.has(key)) candidates.set(key, { key, name: candidate.name });
      rows.set(key, rows.get(key) ?? candidate.row);
    }
    slots.push({ slot: wanted.slot, candidates: [...candidates.values()] });
  }
  const attempt: Attempt<WorkspaceHost> = async (assigned, signal) => {
    const values = new Map<string, WorkspaceHost>();
    const faults = new Map<string, HostFault>();
    await fanOut(assigned, {
      limit: deps.config.daemon.fanout,
      work: async ({ claim }) => {
        const row = rows.get(claim.hostKey) ?? null;
        const taken = await takeOne(deps, { ...request, claim, row, signal });
        if ("fault" in taken) faults.set(claim.hostKey, taken.fault);
        else values.set(claim.hostKey, taken.host);
      },
    });
    if (faults.size === 0) return { ok: true, values };
    await Promise.all([...values.values()].map(giveBack));
    return { ok: false, faults };
  };
  const granted = await deps.arbiter.claim<WorkspaceHost>(
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
    { signal: request.signal, onTicket: request.onTicket, undo: (_claim, host) => giveBack(host) },
  );
  return granted.claims.map(({ value }) => value);
}

type Taken = { host: WorkspaceHost } | { fault: HostFault };

async function takeOne(
  deps: AcquireDeps,
  options: AcquireRequest & { claim: Claim; row: RefHost | null },
): Promise<Taken> {
  const { claim, row, signal } = options;
  let session: HostSession;
  try {
    session = await deps.connector.open(claim, { signal, ...(row === null ? {} : { inventoryRow: row }) });
  } catch (thrown) {
    return { fault: { kind: "unreachable", error: toMtuiError(thrown).toReport() } };
  }
  try {
    return await lockAndInspect(session, options);
  } catch (thrown) {
    await session.close();
    return { fault: { kind: "unreachable", error: toMtuiError(thrown).toReport() } };
  }
}

async function lockAndInspect(
  session: HostSession,
  options: AcquireRequest & { claim: Claim },
): Promise<Taken> {
  const { claim, workspace, signal } = options;
  const taking = await session.takeLock("pool", {
    rrid: workspace.rridText,
    workspace: workspace.name,
    operation: null,
  });
  if (taking.state !== "taken") {
    await session.close();
    if (taking.state === "refused") return { fault: foreignFault(taking.by) };
    const error = new MtuiError(
      "lock.io",
      `${claim.hostName}: the pool lock could not be taken: ${taking.reason}`,
      {
        hint: `Look at /var/lock on ${claim.hostName}.`,
      },
    );
    return { fault: { kind: "unreachable", error: error.toReport() } };
  }
  const host: WorkspaceHost = {
    claim,
    session,
    poolLock: taking.lock,
    slots: claim.fields.slots,
    warnings: [],
  };
  const operation = await session.readLock("operation");
  if (operation.state !== "free" && operation.state !== "ours") {
    if (options.refuseOperationLocks) {
      await giveBack(host);
      return { fault: foreignFault(operation) };
    }
    host.warnings.push(`${claim.hostName} is locked: ${describeForeignLock(operation)}`);
  }
  const dirty = (await options.inspect?.(host, signal)) ?? null;
  if (dirty === null) return { host };
  await giveBack(host);
  return { fault: { kind: "dirty", reason: dirty } };
}

async function giveBack(host: WorkspaceHost): Promise<void> {
  await host.session.releaseLock(host.poolLock);
  await host.session.close();
}

function foreignFault(by: LockReading): HostFault {
  const since = by.state === "foreign" && by.record.epoch !== null ? by.record.epoch * 1000 : null;
  return { kind: "foreign-lock", text: describeForeignLock(by, { age: false }), since };
}
