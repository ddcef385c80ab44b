import { errorLines } from "../errors/report-error.ts";
import { sanitiseDeep } from "../terminal/sanitise.ts";
import { styleOf } from "../terminal/style.ts";
import type { Context } from "./context.ts";
import type { JobOutcome } from "./outcome.ts";
import { printJson, printLines, printResult } from "./print.ts";

/**
 * What a finished job brought: its result, its error, or both (some hosts did it). A job that ended
 * without either still gets a line: nothing is never an answer.
 * @param options.shown what the commands printed has been shown already
 */
export async function printOutcome(
  outcome: JobOutcome,
  context: Context,
  { shown = false }: { shown?: boolean } = {},
): Promise<void> {
  const { job, result, error } = outcome;
  if (context.flags.json) {
    const failure = error ?? job.error;
    printJson(result === null && failure !== null ? { error: failure, job } : { job, result }, context);
    return;
  }
  if (result !== null) {
    const isValidation = job.operation === "validate";
    await printResult(isValidation ? { jobs: [job], results: [result] } : result, {
      context,
      operation: job.operation,
      shown,
      workspace: job.workspace,
    });
  }
  const failure = error ?? job.error;
  if (failure !== null) {
    // What its hint points to has just been shown.
    const { hint: _shown, ...bare } = failure;
    const told = result !== null && failure.kind === "operation.failed" ? bare : failure;
    const lines = errorLines(sanitiseDeep(told), styleOf(context.io.err.colour));
    context.io.err.write(`${lines.join("\n")}\n`);
  } else if (result === null) {
    printLines([`${job.id}: ${job.state}`], context);
  }
}
