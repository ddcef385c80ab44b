import { type Judgement, judge, type PlanStep } from "@mtui/core/domain";
import { type ErrorReport, MtuiError } from "@mtui/core/protocol";
import type { CommandOutcome, HostState } from "../hosts/outcome.ts";
import type { ExecOptions, HeldLock, HostSession } from "../hosts/session.ts";
import { capturedText } from "../hosts/index.ts";
import type { CommandEntry, WorkflowContext, WorkflowHost } from "./context.ts";

/** A parsed answer needs the whole text: queries keep this many bytes of a stream. */
const QUERY_CAPTURE = 16 * 1024 * 1024;

/** One operation on one host while it runs: its evidence so far, and the lock that it runs under. */
export interface HostRun {
  readonly context: WorkflowContext;
  readonly host: WorkflowHost;
  readonly session: HostSession;
  readonly name: string;
  readonly signal: AbortSignal;
  readonly commands: CommandEntry[];
  readonly warnings: string[];
  /** Replaced when a reboot wiped it and it was taken again; null when there is none to give back. */
  lock: HeldLock | null;
  /** A person's lock: used and left. */
  byHand: boolean;
  /** Clean-up and roll-back are not cancelled: stopping half-way leaves worse than either end. */
  shielded: boolean;
}

export function hostRun(context: WorkflowContext, host: WorkflowHost): HostRun {
  const { session } = host;
  return {
    context,
    host,
    session,
    name: session.name,
    signal: context.signalOn?.(session.name) ?? context.signal,
    commands: [],
    warnings: [],
    lock: null,
    byHand: false,
    shielded: false,
  };
}

/** Ends the work on one host, and on no other. */
export class HostStop extends Error {
  readonly state: Exclude<HostState, "ok" | "running">;
  readonly error: ErrorReport;
  readonly exit: number | null;
  /** The command may still be at work on the host: nothing else may be changed there. */
  readonly stillRunning: boolean;

  constructor(
    state: HostStop["state"],
    {
      error,
      exit = null,
      stillRunning = false,
    }: { error: ErrorReport; exit?: number | null; stillRunning?: boolean },
  ) {
    super(error.message);
    this.state = state;
    this.error = error;
    this.exit = exit;
    this.stillRunning = stillRunning;
  }
}

export interface StepAnswer {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Nothing of standard output is missing. */
  readonly complete: boolean;
  readonly judgement: Judgement;
}

/**
 * Runs one plan step and records it.
 * @throws HostStop unless the host answered and the answer means success; with `tolerate`, a failure
 *   that the host itself stated is returned for the caller to judge.
 */
export async function runStep(
  run: HostRun,
  {
    plan,
    tool,
    tolerate = false,
  }: { plan: PlanStep; tool: "zypper" | "transactional-update" | "yum"; tolerate?: boolean },
): Promise<StepAnswer> {
  assertNotCancelled(run, plan.step);
  run.context.progress?.(run.name, { step: plan.step, state: "running" });
  const at = run.context.clock.now();
  const outcome = await execute(run, plan);
  record(run, { outcome, step: plan.step, command: plan.command, at });
  if (outcome.state !== "ok" && outcome.state !== "failed")
    throw unanswered(run, { outcome, step: plan.step });
  const stdout = capturedText(outcome.stdout);
  const stderr = capturedText(outcome.stderr);
  const judgement = judge(plan.question, { tool, exit: outcome.exit, stdout, stderr });
  const answer = { exit: outcome.exit, stdout, stderr, complete: outcome.stdout.dropped === 0, judgement };
  if (judgement.meaning === "warning" && judgement.reason !== null) {
    run.warnings.push(`${plan.step}: ${judgement.reason}`);
  }
  if (judgement.meaning === "failed" && !tolerate) throw failed(plan.step, answer);
  return answer;
}

async function execute(run: HostRun, plan: PlanStep): Promise<CommandOutcome> {
  const options = execOptions(run);
  if (!plan.changes) {
    return run.session.query(plan.line, {
      ...options,
      limits: { ...options.limits, capture: QUERY_CAPTURE },
    });
  }
  if (run.lock === null) throw new Error("a changing step without an operation lock");
  return run.session.change(plan.line, run.lock, options);
}

export function execOptions(run: HostRun): ExecOptions {
  const { context, name, signal } = run;
  const { output } = context;
  const silence = context.silenceOn?.(name);
  const limits = silence === undefined ? context.limits : { ...context.limits, silence };
  return {
    ...(limits === undefined ? {} : { limits }),
    ...(run.shielded ? {} : { signal }),
    ...(output === undefined ? {} : { onOutput: (stream, chunk) => output(name, stream, chunk) }),
  };
}

export function record(
  run: HostRun,
  { outcome, step, command, at }: { outcome: CommandOutcome; step: string; command: string; at: number },
): CommandEntry | null {
  // Not even begun: an entry would be evidence of something that did not happen.
  if (outcome.state === "notRun" || outcome.state === "unreachable") return null;
  const entry: CommandEntry = {
    step,
    command,
    state: outcome.state,
    exit: outcome.state === "ok" || outcome.state === "failed" ? outcome.exit : null,
    seconds: outcome.ms / 1000,
    stdout: capturedText(outcome.stdout),
    stderr: capturedText(outcome.stderr),
    dropped: outcome.stdout.dropped + outcome.stderr.dropped,
    at,
  };
  run.commands.push(entry);
  run.context.record?.(run.name, entry);
  return entry;
}

/** @throws HostStop when the job was cancelled; `notRun` on a host where nothing has happened yet. */
export function assertNotCancelled(run: HostRun, step: string): void {
  if (run.shielded || !run.signal.aborted) return;
  throw cancelledBefore(run, step);
}

export function cancelledBefore(run: HostRun, step: string): HostStop {
  const error = new MtuiError("job.cancelled", `Cancelled before: ${step}.`).toReport();
  return new HostStop(run.commands.length === 0 ? "notRun" : "cancelled", { error });
}

/** The host did not say how the command ended. */
export function unanswered(
  run: HostRun,
  { outcome, step }: { outcome: Exclude<CommandOutcome, { state: "ok" | "failed" }>; step: string },
): HostStop {
  if (outcome.state === "timeout") {
    const why = outcome.limit === "silence" ? "was silent" : "ran";
    const rest = outcome.gone ? "It was ended." : "It could not be proven that it ended.";
    const error = new MtuiError(
      "operation.failed",
      `${step}: the command ${why} for ${outcome.seconds} seconds. ${rest}`,
      { hint: "Raise the limit (--timeout, or connection.command_timeout in mtui.yaml)." },
    );
    return new HostStop("timeout", { error: error.toReport(), stillRunning: !outcome.gone });
  }
  if (outcome.state === "cancelled") {
    const rest = outcome.gone ? "" : " It could not be proven that it ended.";
    const error = new MtuiError("job.cancelled", `${step}: the command was ended by the cancel.${rest}`);
    return new HostStop("cancelled", { error: error.toReport(), stillRunning: !outcome.gone });
  }
  const { kind } = outcome.error;
  if (outcome.state === "notRun" && (kind === "job.cancelled" || kind === "request.cancelled"))
    return cancelledBefore(run, step);
  // A refusal in the middle of the work (a lock that is no longer ours) is a failure of the whole.
  const begun = outcome.state === "notRun" && run.commands.length > 0;
  return new HostStop(begun ? "failed" : outcome.state, { error: outcome.error });
}

export function failed(step: string, answer: StepAnswer): HostStop {
  const { reason, hint } = answer.judgement;
  const error = new MtuiError("operation.failed", `${step}: ${reason ?? `exit ${answer.exit}`}`, {
    ...(hint === undefined ? {} : { hint }),
    data: { step, exit: answer.exit },
  });
  return new HostStop("failed", { error: error.toReport(), exit: answer.exit });
}

/** A failure that the steps' answers add up to. */
export function stopFailed(message: string, hint?: string): HostStop {
  const error = new MtuiError("operation.failed", message, hint === undefined ? {} : { hint });
  return new HostStop("failed", { error: error.toReport() });
}

/** Runs a section that a cancel does not interrupt. */
export async function shielded<T>(run: HostRun, work: () => Promise<T>): Promise<T> {
  const before = run.shielded;
  run.shielded = true;
  try {
    return await work();
  } finally {
    run.shielded = before;
  }
}
