import { oneLine } from "../terminal/sanitise.ts";
import type { ResultOf } from "@mtui/core/registry";
import { errorLine } from "../errors/report-error.ts";
import { table } from "../terminal/table.ts";
import { bytes, linesOf, moment } from "@mtui/core/text";
import { stateWords } from "./states.ts";
import type { View } from "./view.ts";
import { renderHostResults } from "./workflow.ts";

type Failures = ResultOf<"get">["errors"];
type Put = NonNullable<ResultOf<"put">["result"]>;

/** The content alone, when it is the same on all hosts: then it can be piped on. */
export function renderGet({ files, errors }: ResultOf<"get">, view: View): string[] {
  const { style } = view;
  const alone = files.length === 1 && errors.length === 0;
  const lines = files.flatMap((file) => {
    const names = file.hosts.map(oneLine).join(",");
    const head = `${style.bold(names)}: ${bytes(file.size)}, mode ${oneLine(file.mode)}`;
    const content =
      file.encoding === "utf-8"
        ? linesOf(file.content)
        : [style.dim(`(${bytes(file.bytes)} that are no text; --json has them as base64)`)];
    if (file.next_offset !== null) content.push(style.dim(`(more: --offset ${file.next_offset})`));
    return alone && file.encoding === "utf-8" ? content : [head, ...content, ""];
  });
  const failures = failureLines(errors, view);
  if (failures.length === 0 && lines.at(-1) === "" && !alone) lines.pop();
  return [...lines, ...failures];
}

export function renderPut(result: Put, view: View): string[] {
  const what = `${oneLine(result.filename)}: ${bytes(result.bytes)}, sha256 ${oneLine(result.sha256)}`;
  return [...renderHostResults(result, view), what];
}

export function renderShowLog({ hosts }: ResultOf<"show_log">, view: View): string[] {
  const { style, now } = view;
  return hosts.flatMap(({ host, commands, earlier }) => [
    `${style.bold(oneLine(host))}:${commands.length === 0 ? " nothing was run" : ""}`,
    ...(earlier > 0 ? [style.dim(`  (${earlier} earlier; --limit shows more)`)] : []),
    ...commands.flatMap(({ command, at, state, exit, stdout, stderr, dropped }) => [
      `  ${style.dim(moment(at, now))} ${stateWords(state, exit)}  ${oneLine(command)}`,
      ...[...linesOf(stdout), ...linesOf(stderr)].map((line) => `    ${line}`),
      ...(dropped > 0 ? [style.dim(`    (${bytes(dropped)} of output not kept)`)] : []),
    ]),
  ]);
}

export function renderHistory({ hosts, errors }: ResultOf<"list_history">, view: View): string[] {
  const lines = hosts.flatMap(({ host, entries, left_out }) => [
    `${view.style.bold(oneLine(host))}:${entries.length === 0 ? " no history" : ""}`,
    ...entries.map(
      ({ at, user, text }) => `  ${moment(at * 1000, view.now)}, ${oneLine(user)}: ${oneLine(text)}`,
    ),
    ...(left_out > 0
      ? [view.style.dim(`  (${left_out} older ones left out; for all: -t ${oneLine(host)})`)]
      : []),
  ]);
  return [...lines, ...failureLines(errors, view)];
}

export function renderTimeouts({ hosts }: ResultOf<"list_timeout">, { columns }: View): string[] {
  const rows = hosts.map(({ host, timeout }) => [oneLine(host), timeout === 0 ? "none" : `${timeout} s`]);
  return table(rows, { columns });
}

function failureLines(errors: Failures, { style }: View): string[] {
  return errors.map(({ host, error }) => `${oneLine(host)}: ${style.red(errorLine(error))}`);
}
