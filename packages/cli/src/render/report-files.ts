import { oneLine } from "../terminal/sanitise.ts";
import type { ResultOf } from "@mtui/core/registry";
import { table } from "../terminal/table.ts";
import { bytes, count, linesOf } from "@mtui/core/text";
import type { View } from "./view.ts";

/** The lines themselves; what is missing of them is said below. */
export function renderTextWindow(result: ResultOf<"testreport_read">, { style }: View): string[] {
  const lines = linesOf(result.content);
  if (lines.length === 0) lines.push(style.dim(`(no lines there; the file has ${result.line_count})`));
  if (result.cut !== undefined) lines.push(style.yellow(`(${bytes(result.cut)} of the line are left out)`));
  if (result.next_offset !== null) lines.push(style.dim(`(more: --offset ${result.next_offset})`));
  if (result.lossy === true) lines.push(style.yellow("(bytes that are no UTF-8 are shown as \ufffd)"));
  return lines;
}

export function renderReportLogs(result: ResultOf<"testreport_logs">, view: View): string[] {
  const rows = (directory: string, files: typeof result.build_checks): string[][] =>
    files.map(({ name, size }) => [oneLine(`${directory}/${name}`), bytes(size)]);
  const all = [...rows("build_checks", result.build_checks), ...rows("install_logs", result.install_logs)];
  const lines = all.length === 0 ? ["No logs."] : table(all, { columns: view.columns });
  if (result.left_out !== undefined) lines.push(view.style.yellow(`(and ${result.left_out} more)`));
  return lines;
}

export function renderPatched(result: ResultOf<"testreport_patch">): string[] {
  const { replaced_lines: out, inserted_lines: into, bytes_written: written, new_line_count: all } = result;
  if (written === 0) return [`${oneLine(result.path)}: nothing changed`];
  return [`${oneLine(result.path)}: ${count(out, "line")} replaced by ${into}, ${all} now`];
}

export function renderWritten(result: ResultOf<"testreport_write">): string[] {
  const { path, bytes_written: written, line_count: lines } = result;
  if (written === 0) return [`${oneLine(path)}: nothing changed`];
  return [`${oneLine(path)}: ${bytes(written)} written, ${count(lines, "line")}`];
}

export function renderFilled(result: ResultOf<"testreport_fill">): string[] {
  const { summary, reproducer, status } = result.filled;
  return [
    `summary: ${summary}, reproducer: ${reproducer}, status: ${status} filled in`,
    ...renderWritten(result),
  ];
}

export function renderBugs({ rrid, url, bugs, jira }: ResultOf<"list_bugs">, { style }: View): string[] {
  const lines = [
    ...bugs.map((bug) => ["Bug #", bug] as const),
    ...jira.map((issue) => ["Jira ", issue] as const),
  ];
  if (lines.length === 0) return [`${oneLine(rrid)} names no bugs.`];
  return [
    ...(url === null ? [] : [oneLine(url)]),
    ...lines.flatMap(([what, issue]) => [
      `${style.bold(`${what}${oneLine(issue.id)}`)}: ${oneLine(issue.title)}`,
      ...(issue.url === null ? [] : [`  ${oneLine(issue.url)}`]),
    ]),
  ];
}

export function renderUpdateRepos(result: ResultOf<"show_update_repos">, view: View): string[] {
  if (result.repositories.length === 0) return [`${oneLine(result.rrid)} has no repositories.`];
  const rows = result.repositories.map(({ product, version, arch, url }) =>
    [product, version, arch, url].map(oneLine),
  );
  return table(rows, { columns: view.columns });
}

export function renderUpdateCommands({ hosts }: ResultOf<"list_update_commands">, { style }: View): string[] {
  return hosts.flatMap(({ hosts: names, commands, error }) => [
    `${style.bold(names.map(oneLine).join(","))}:`,
    ...(error === null ? commands.map((line) => `  ${oneLine(line)}`) : [`  ${style.red(oneLine(error))}`]),
  ]);
}

export function renderTemplates({ templates }: ResultOf<"list_templates">, view: View): string[] {
  if (templates.length === 0) return ["No reports are loaded."];
  const rows = templates.map(({ rrid, workspace, hosts }) => [
    oneLine(rrid),
    oneLine(workspace),
    hosts.length === 0 ? "-" : hosts.map(oneLine).join(","),
  ]);
  const header = ["update", "workspace", "hosts"].map((title) => view.style.dim(title));
  return table([header, ...rows], { columns: view.columns });
}
