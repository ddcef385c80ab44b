import { MtuiError } from "@mtui/core/protocol";
import type { HostResult } from "@mtui/core/registry";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { assertNotCancelled, HostStop, type HostRun, stopFailed, unanswered } from "./host-run.ts";
import { operate } from "./operate.ts";

const DEFAULT_BUDGET = 900;

/** Reboots hosts; `ok` is a new boot id. */
export async function reboot(
  context: WorkflowContext,
  { hosts }: { hosts: readonly WorkflowHost[] },
): Promise<{ hosts: HostResult[]; warnings: string[] }> {
  const done = await operate(context, {
    name: "reboot",
    hosts,
    plan: () => null,
    work: rebootHost,
  });
  return { hosts: done.map(({ result }) => result), warnings: [] };
}

/**
 * Reboots one host in the middle of its work. The session puts back the locks that the reboot wiped,
 * or says that somebody was faster.
 * @throws HostStop without a new boot id, or without the locks
 */
export async function rebootHost(run: HostRun): Promise<void> {
  const { context, session, lock } = run;
  if (lock === null) throw new Error("a reboot without an operation lock");
  assertNotCancelled(run, "reboot");
  context.progress?.(run.name, { step: "reboot", state: "running" });
  const at = context.clock.now();
  const outcome = await session.reboot({
    lock,
    budgetSeconds: context.rebootBudget ?? DEFAULT_BUDGET,
    ...(run.shielded ? {} : { signal: run.signal }),
  });
  if (outcome.state === "notRun") throw unanswered(run, { outcome, step: "reboot" });
  const entry = {
    step: "reboot",
    command: "systemctl reboot",
    state: outcome.state,
    exit: null,
    seconds: (context.clock.now() - at) / 1000,
    stdout: outcome.state === "ok" ? `boot id ${outcome.before} -> ${outcome.after}\n` : "",
    stderr: outcome.state === "ok" ? "" : `${outcome.reason}\n`,
    dropped: 0,
    at,
  };
  run.commands.push(entry);
  context.record?.(run.name, entry);
  if (outcome.state === "ok") return;
  if (outcome.state === "failed" && outcome.error !== undefined)
    throw new HostStop("failed", { error: outcome.error });
  if (outcome.state === "failed") throw stopFailed(`reboot: ${outcome.reason}`);
  const error = new MtuiError(
    "host.lost",
    `${run.name} did not come back from its reboot: ${outcome.reason}`,
    {
      hint: "Look at its console; mtuictl remove-host gives it back when it is there again.",
    },
  );
  throw new HostStop("lost", { error: error.toReport() });
}
