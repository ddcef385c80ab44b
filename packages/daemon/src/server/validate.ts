import { nearest } from "@mtui/core/config";
import { MtuiError } from "@mtui/core/protocol";
import type { OperationSpec } from "@mtui/core/registry";

type Issue = NonNullable<ReturnType<OperationSpec["params"]["safeParse"]>["error"]>["issues"][number];

/**
 * @returns the parameters with defaults filled in.
 * @throws MtuiError `params.invalid`, naming the parameter and what it may be.
 */
export function checkParams(operation: OperationSpec, params: unknown): Record<string, unknown> {
  const parsed = operation.params.safeParse(params);
  if (parsed.success) return parsed.data;
  const known = Object.keys(operation.params.shape);
  const problems = parsed.error.issues.map((issue) => describe(issue, known));
  const first = problems[0];
  throw new MtuiError(
    "params.invalid",
    `${operation.name}: ${problems.map((problem) => problem.text).join("; ")}`,
    {
      hint: first?.hint ?? `Parameters of ${operation.name}: ${known.join(", ") || "none"}`,
      data: { operation: operation.name, parameter: first?.name ?? null, known },
    },
  );
}

/** @throws MtuiError `internal`: what a handler returned is not what the registry promises. */
export function checkResult(operation: OperationSpec, result: unknown): unknown {
  const parsed = operation.result.safeParse(result);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? "result" : issue.path.join(".");
  throw new MtuiError(
    "internal",
    `The result of ${operation.name} breaks its own schema at ${where}: ${issue?.message}`,
    {
      hint: "This is a fault of mtuid; its log has the details: mtuictl daemon logs",
      cause: parsed.error,
    },
  );
}

interface Problem {
  name: string;
  text: string;
  hint?: string;
}

function describe(issue: Issue, known: readonly string[]): Problem {
  const name = issue.path.map(String).join(".");
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const prefix = name === "" ? "" : `${name}.`;
    const guess = name === "" ? nearest(key, known) : null;
    const text = `there is no parameter ${JSON.stringify(`${prefix}${key}`.slice(0, 80))}`;
    return { name: `${prefix}${key}`, text, ...(guess === null ? {} : { hint: `Did you mean ${guess}?` }) };
  }
  const subject = name === "" ? "the parameters" : `parameter ${name}`;
  if (issue.code === "invalid_value") {
    return { name, text: `${subject} must be one of ${issue.values.map(String).join(", ")}` };
  }
  return { name, text: `${subject}: ${issue.message}` };
}
