import type { HostResult, JobView, ResultOf } from "@mtui/core/registry";
import { bytes, groupOutputs, oneLine } from "@mtui/core/text";
import { errorText, warningLines } from "./error.ts";
import { badEvidence, commandParts, evidenceParts, header, notableParts } from "./evidence.ts";
import { verdictLines } from "./packages.ts";
import { block, type Part } from "./part.ts";

/** What jobs bring: each by the operation that it ran. Lines of output of one command of `run`. */
const RUN_LINES = 2000;

interface HostResults {
  readonly hosts: readonly HostResult[];
  readonly warnings: readonly string[];
}

type UpdateResult = NonNullable<ResultOf<"update">["result"]>;

/** The output is the answer here: equal output once, failures first. */
export function runParts({ hosts, warnings }: HostResults): Part[] {
  if (hosts.length === 0) return ["No host was touched.", ...warningLines(warnings)];
  const parts = groupOutputs(hosts).flatMap((group): Part[] => {
    const { commands, error, warnings: notes } = group.sample;
    const [only] = commands;
    const body =
      only !== undefined && commands.length === 1
        ? outputParts(only)
        : commands.flatMap((command) => commandParts(command, RUN_LINES));
    const why = error === null || only?.state === "failed" ? [] : [`  ${errorText(error)}`];
    return [header(group), ...why, ...body, ...warningLines(notes)];
  });
  return [...parts, ...warningLines(warnings)];
}

/** The command itself is known to the caller. */
function outputParts({ stdout, stderr, dropped }: HostResult["commands"][number]): Part[] {
  const parts: Part[] = [];
  if (stdout !== "") parts.push(block(stdout));
  if (stderr !== "") parts.push("  stderr:", block(stderr));
  if (parts.length === 0) parts.push("  (no output)");
  if (dropped > 0) parts.push(`  (${dropped} bytes of output were not kept)`);
  return parts;
}

export function hostResultParts({ hosts, warnings }: HostResults): Part[] {
  if (hosts.length === 0) return ["No host was touched.", ...warningLines(warnings)];
  return [...evidenceParts(hosts), ...warningLines(warnings)];
}

export function updateParts({ hosts, warnings }: UpdateResult): Part[] {
  if (hosts.length === 0) return ["No host was touched.", ...warningLines(warnings)];
  return [
    ...badEvidence(hosts.filter(({ state }) => state !== "ok")),
    ...verdictLines(hosts),
    ...notableParts(hosts.filter(({ state }) => state === "ok")),
    ...warningLines(warnings),
  ];
}

export function putParts(result: NonNullable<ResultOf<"put">["result"]>): Part[] {
  return [
    `${oneLine(result.filename)}: ${bytes(result.bytes)}, sha256 ${result.sha256}`,
    ...hostResultParts(result),
  ];
}

/** Is it the result of a job at all? */
export function isJob(value: unknown): value is JobView {
  return (
    typeof value === "object" && value !== null && "id" in value && "state" in value && "elapsed" in value
  );
}
