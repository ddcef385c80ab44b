import { printable, readableComment } from "@mtui/core/domain";
import { type ErrorReport, MtuiError } from "@mtui/core/protocol";
import { pause } from "@mtui/core/clock";
import type { HeldLock, LockPurpose, LockReading } from "../hosts/session.ts";
import type { WorkflowContext } from "./context.ts";
import { fanOut } from "../fan-out.ts";
import { cancelledBefore, HostStop, type HostRun } from "./host-run.ts";

/*
 * The operation locks of one operation are all taken or none. Nobody waits while holding: when one
 * is refused, those taken are given back first, and after the pause all are tried again. A host
 * whose connection is gone is left out (it can neither be locked nor worked on); a host that answers
 * but cannot lock refuses like a locked one.
 */

interface Refusal {
  readonly run: HostRun;
  readonly by: LockReading | null;
  readonly reason: string;
}

/**
 * Takes the lock on every run's host.
 * @returns the runs that hold theirs, and those that were left out with the reason
 * @throws MtuiError lock.foreign when a host is locked and stays so for the time to wait; lock.io when
 *   nobody holds it and it cannot be taken all the same; state.io when it cannot be written down that it begins
 */
export async function takeOperationLocks(
  context: WorkflowContext,
  { runs, operation, note }: { runs: readonly HostRun[]; operation: string; note?: string },
): Promise<{ held: HostRun[]; out: { run: HostRun; stop: HostStop }[] }> {
  const { clock, waitForLock } = context;
  const purpose: LockPurpose = {
    operation,
    rrid: context.rrid?.text ?? null,
    workspace: context.workspace,
    ...(note === undefined || note === "" ? {} : { note }),
  };
  const started = clock.now();
  const limit = (waitForLock?.seconds ?? 0) * 1000;
  const poll = (waitForLock?.pollSeconds ?? 15) * 1000;
  let waits = false;
  for (;;) {
    if (context.signal.aborted) return { held: [], out: runs.map(cancelled) };
    const { out, refusals } = await tryAll(context, { runs, purpose });
    const held = runs.filter((run) => run.lock !== null);
    if (refusals.length === 0 && !context.signal.aborted) {
      context.waiting?.(false);
      if (held.length > 0) await begin(context, held);
      return { held, out };
    }
    await releaseOperationLocks(context, held);
    if (context.signal.aborted) continue;
    const left = limit - (clock.now() - started);
    if (left <= 0) {
      const error = refused(refusals, { waited: limit / 1000, workspace: context.workspace });
      if (waits) context.warn?.(`has waited in vain: ${error.message}`);
      throw error;
    }
    if (!waits) context.warn?.(`waits for operation locks, at most ${limit / 1000} s: ${listed(refusals)}`);
    waits = true;
    for (const { run, reason } of refusals) {
      context.progress?.(run.name, { step: "wait for lock", state: "notRun", message: reason });
    }
    // Two daemons that poll in step would refuse each other for ever.
    const ms = Math.min(left, poll * (0.5 + (context.random ?? Math.random)()));
    context.waiting?.(true);
    await pause(clock, { ms, signal: context.signal });
  }
}

async function begin(context: WorkflowContext, held: readonly HostRun[]): Promise<void> {
  try {
    context.begin?.();
  } catch (thrown) {
    await releaseOperationLocks(context, held);
    throw thrown;
  }
}

function cancelled(run: HostRun): { run: HostRun; stop: HostStop } {
  return { run, stop: cancelledBefore(run, "taking the operation lock") };
}

async function tryAll(
  context: WorkflowContext,
  { runs, purpose }: { runs: readonly HostRun[]; purpose: LockPurpose },
): Promise<{ out: { run: HostRun; stop: HostStop }[]; refusals: Refusal[] }> {
  const out: { run: HostRun; stop: HostStop }[] = [];
  const refusals: Refusal[] = [];
  async function take(run: HostRun): Promise<void> {
    const byHand = context.heldByHand?.(run.name);
    if (byHand !== undefined) {
      run.lock = byHand;
      run.byHand = true;
      return;
    }
    // Of a command that lost its host: a lane has one operation at a time, so nobody else of ours is at work.
    for (const left of run.session.locks) if (left.kind === "operation") await run.session.releaseLock(left);
    const taking = await run.session.takeLock("operation", purpose);
    if (taking.state === "taken") {
      run.lock = taking.lock;
      if (taking.reaped !== undefined) {
        run.warnings.push(`a stale operation lock of ${printable(taking.reaped.user)} was removed`);
      }
    } else if (taking.state === "refused") {
      refusals.push({ run, by: taking.by, reason: holder(taking.by) });
    } else if (run.session.connected) {
      refusals.push({ run, by: null, reason: `its lock cannot be taken: ${printable(taking.reason)}` });
    } else {
      out.push({ run, stop: new HostStop("unreachable", { error: unreachable(run, taking.reason) }) });
    }
  }
  try {
    await fanOut(runs, { limit: context.fanout ?? 64, work: take });
  } catch (thrown) {
    await releaseOperationLocks(
      context,
      runs.filter((run) => run.lock !== null),
    );
    throw thrown;
  }
  return { out, refusals };
}

/** Gives back what is held; what cannot be removed becomes a warning that says how to. */
export async function releaseOperationLocks(
  context: WorkflowContext,
  runs: readonly HostRun[],
): Promise<void> {
  await fanOut(runs, {
    limit: context.fanout ?? 64,
    work: async (run) => {
      const lock = run.lock;
      run.lock = null;
      if (lock === null || run.byHand) return;
      const warning = await release(run, lock);
      if (warning !== null) run.warnings.push(warning);
    },
  });
}

async function release(run: HostRun, lock: HeldLock): Promise<string | null> {
  const remedy = `mtuictl unlock -w ${run.context.workspace} -t ${run.name}`;
  const result = await run.session.releaseLock(lock);
  if (result.state === "released" || result.state === "absent") return null;
  if (result.state === "foreign")
    return `the operation lock was taken over (${holder(result.by)}); left alone`;
  return `the operation lock could not be removed: ${printable(result.reason)}; remove it with: ${remedy}`;
}

function holder(by: LockReading): string {
  if (by.state === "foreign" || by.state === "ours") {
    const { user, epoch, comment } = by.record;
    const since = epoch === null ? "" : ` since ${when(epoch)}`;
    const words = comment === "" ? "" : `: ${printable(readableComment(comment), 200)}`;
    return `locked by ${printable(user)}${since}${words}`;
  }
  if (by.state === "malformed") return `locked by somebody unknown: ${printable(by.bytes)}`;
  return by.state === "unreadable"
    ? `its lock cannot be read: ${printable(by.reason)}`
    : "locked a moment ago";
}

/** A writer's clock may say anything; a date beyond what can be shown is shown as the number it is. */
function when(epoch: number): string {
  const date = new Date(epoch * 1000);
  return Number.isNaN(date.getTime()) ? String(epoch) : date.toISOString();
}

function refused(
  refusals: readonly Refusal[],
  { waited, workspace }: { waited: number; workspace: string },
): MtuiError {
  const [first] = refusals;
  const after = waited > 0 ? ` after ${waited} seconds of waiting` : "";
  const host = first?.run.name ?? "HOST";
  const held = refusals.some(({ by }) => by !== null);
  const hint = !held
    ? `Look at /var/lock on ${host}; mtuictl list-locks -w ${workspace} shows what is there.`
    : refusals.every(({ by }) => by?.state === "unreadable")
      ? `Look at it: ssh root@${host} ls -ld /var/lock/mtui.lock`
      : `Wait with --wait SECONDS, or, when its owner agrees: mtuictl unlock -w ${workspace} -t ${host} --force`;
  return new MtuiError(held ? "lock.foreign" : "lock.io", `Nothing was done${after}: ${listed(refusals)}.`, {
    hint,
    retryable: true,
    data: { hosts: refusals.map(({ run, reason, by }) => ({ host: run.name, reason, ...holderData(by) })) },
  });
}

function listed(refusals: readonly Refusal[]): string {
  return refusals
    .map(({ run, reason }) => `${run.name}${reason.startsWith("its ") ? ":" : " is"} ${reason}`)
    .join("; ");
}

function holderData(by: LockReading | null): Record<string, unknown> {
  if (by === null || (by.state !== "foreign" && by.state !== "ours")) return {};
  const { user, pid, epoch, comment } = by.record;
  return { user, pid, since: epoch, comment };
}

function unreachable(run: HostRun, reason: string): ErrorReport {
  return new MtuiError("host.unreachable", `${run.name} cannot be reached: ${printable(reason)}`, {
    hint: `mtuictl list-hosts -w ${run.context.workspace} shows its connection.`,
    retryable: true,
  }).toReport();
}
