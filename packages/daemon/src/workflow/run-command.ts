import { commandLine } from "@mtui/core/domain";
import type { HostResult } from "@mtui/core/registry";
import { MtuiError } from "@mtui/core/protocol";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { execOptions, HostStop, type HostRun, record, unanswered } from "./host-run.ts";
import { operate } from "./operate.ts";

/**
 * Runs one command line on hosts: one round trip for the lock, and one for the command together with
 * giving the lock back.
 * @param argv words, quoted for the shell; shell syntax is `["sh", "-c", "..."]`
 * @throws MtuiError params.invalid, lock.foreign
 */
export async function runCommand(
  context: WorkflowContext,
  { hosts, argv }: { hosts: readonly WorkflowHost[]; argv: readonly string[] },
): Promise<{ hosts: HostResult[]; warnings: string[] }> {
  const command = commandLine(argv);
  const done = await operate(context, {
    name: "run",
    hosts,
    plan: () => null,
    work: (run) => runOne(run, command),
  });
  return { hosts: done.map(({ result }) => result), warnings: [] };
}

async function runOne(run: HostRun, command: string): Promise<void> {
  const { context, lock } = run;
  if (lock === null) throw new Error("a command without an operation lock");
  context.progress?.(run.name, { step: "run", state: "running" });
  const at = context.clock.now();
  const outcome = await run.session.change(command, lock, { ...execOptions(run), release: !run.byHand });
  if (outcome.lockReleased === true) run.lock = null;
  record(run, { outcome, step: "run", command, at });
  if (outcome.state === "ok") return;
  if (outcome.state !== "failed") throw unanswered(run, { outcome, step: "run" });
  const how = outcome.signal === undefined ? `exit ${outcome.exit}` : `ended by ${outcome.signal}`;
  const error = new MtuiError("operation.failed", `The command failed: ${how}.`);
  throw new HostStop("failed", { error: error.toReport(), exit: outcome.exit });
}
