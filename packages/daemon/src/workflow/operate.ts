import type { HostResult } from "@mtui/core/registry";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { fanOut } from "../fan-out.ts";
import { isNotEnded } from "../hosts/outcome.ts";
import { assertNotCancelled, HostStop, type HostRun, hostRun } from "./host-run.ts";
import { releaseOperationLocks, takeOperationLocks } from "./operation-locks.ts";

export interface Operation<P, V> {
  /** As lock comments say it. */
  readonly name: string;
  readonly hosts: readonly WorkflowHost[];
  /** Pure; a throw takes this host out before anything is locked. */
  readonly plan: (host: WorkflowHost) => P;
  /** Fields of the line in the host's history; none for operations that write no history. */
  readonly history?: (plan: P) => readonly string[];
  /** The work on one host. A `HostStop` ends it there and nowhere else. */
  readonly work: (run: HostRun, plan: P) => Promise<V>;
}

export interface Operated<V> {
  readonly result: HostResult;
  /** null when the work did not come to its end. */
  readonly value: V | null;
}

/**
 * The frame of every changing operation: plan, then lock all hosts or none, then history, then the
 * work on each host at its own pace, then the locks back whatever happened.
 * @returns one entry a host, in the order asked
 * @throws MtuiError lock.foreign when a host is locked by somebody else; nothing was changed then
 */
export async function operate<P, V>(
  context: WorkflowContext,
  { name, hosts, plan, history, work }: Operation<P, V>,
): Promise<Operated<V>[]> {
  const ended = new Map<HostRun, { stop: HostStop | null; value: V | null }>();
  const plans = new Map<HostRun, P>();
  const runs = hosts.map((host) => hostRun(context, host));
  for (const run of runs) {
    try {
      plans.set(run, plan(run.host));
    } catch (thrown) {
      ended.set(run, {
        stop: new HostStop("notRun", { error: toMtuiError(thrown).toReport() }),
        value: null,
      });
    }
  }
  const { held, out } = await takeOperationLocks(context, { runs: [...plans.keys()], operation: name });
  for (const { run, stop } of out) ended.set(run, { stop, value: null });

  async function workOn(run: HostRun): Promise<void> {
    try {
      const planned = plans.get(run);
      if (planned === undefined) throw new Error("a host without a plan was locked");
      assertNotCancelled(run, name);
      if (history !== undefined && !(await run.session.appendHistory(history(planned)))) {
        run.warnings.push("the host's history /var/log/mtui.log could not be written");
      }
      ended.set(run, { stop: null, value: await work(run, planned) });
    } catch (thrown) {
      const stop = thrown instanceof HostStop ? thrown : unexpected(thrown);
      ended.set(run, { stop, value: null });
      if (isNotEnded(stop.error)) leaveLocked(run);
    }
    const result = hostResult(run, ended.get(run)?.stop ?? null);
    context.progress?.(run.name, {
      step: name,
      state: result.state,
      ...(result.exit === null ? {} : { exit: result.exit }),
      ...(result.error === null ? {} : { message: result.error.message }),
    });
  }
  try {
    await fanOut(held, { limit: context.fanout ?? 64, work: workOn });
  } finally {
    await releaseOperationLocks(context, held);
  }
  return runs.map((run) => {
    const { stop, value } = ended.get(run) ?? { stop: null, value: null };
    return { result: hostResult(run, stop), value };
  });
}

/** `ok` takes evidence: a host on which nothing was run has no success to report. */
function hostResult(run: HostRun, stop: HostStop | null): HostResult {
  const { name, commands, warnings, session } = run;
  const common = { host: name, system: session.facts.system, commands, warnings };
  if (stop !== null) return { ...common, state: stop.state, exit: stop.exit, error: stop.error };
  if (commands.length > 0) return { ...common, state: "ok", exit: 0, error: null };
  const error = new MtuiError("operation.failed", `Nothing was run on ${name}.`);
  return { ...common, state: "notRun", exit: null, error: error.toReport() };
}

/** What runs on has the lock for as long as it runs; asking for it now is asking a host that does not answer. */
function leaveLocked(run: HostRun): void {
  run.lock = null;
  if (run.byHand) return;
  run.warnings.push(
    "its operation lock stays until the command has ended there; the next operation on it, or remove-host, looks after that",
  );
}

function unexpected(thrown: unknown): HostStop {
  return new HostStop("failed", { error: toMtuiError(thrown).toReport() });
}
