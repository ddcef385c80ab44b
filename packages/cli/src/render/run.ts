import type { HostResult } from "@mtui/core/registry";
import { errorLine } from "../errors/report-error.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { bytes, count, linesOf } from "./format.ts";
import { groupOutputs, type OutputGroup } from "./group-outputs.ts";
import { diffLines } from "./line-diff.ts";
import { stateWords } from "./states.ts";
import type { View } from "./view.ts";

const NOTHING = "(no output)";
/** Exit code of a shell that did not find the program. */
const NOT_FOUND = 127;
/** One word, quoted, with what only a shell understands: a whole line was given as the program's name. */
const SHELL_LINE = /^'[^']*[\s|;&<>$]/;

interface HostResults {
  readonly hosts: readonly HostResult[];
  readonly warnings: readonly string[];
}

/** Output of one command line on many hosts: equal output once, failures first. */
export function renderRun(result: HostResults, view: View): string[] {
  const lines = view.shown ? ends(result.hosts, view) : outputs(result.hosts, view);
  lines.push(...result.warnings.map((warning) => view.style.yellow(`warning: ${oneLine(warning)}`)));
  lines.push(summary(result.hosts, view));
  return lines;
}

function outputs(hosts: readonly HostResult[], view: View): string[] {
  const groups = groupOutputs(hosts);
  if (view.flags.diff) return differences(groups, view);
  return groups.flatMap((group) => [...groupLines(group, view), ""]);
}

/** Only what does not go without saying: which hosts did not end well, and why. */
function ends(hosts: readonly HostResult[], view: View): string[] {
  const bare = hosts.map((host) => ({
    ...host,
    commands: host.commands.map((command) => ({ ...command, stdout: "", stderr: "", dropped: 0 })),
  }));
  return groupOutputs(bare)
    .filter(({ state, sample }) => state !== "ok" || sample.warnings.length > 0)
    .flatMap((group) => [header(group, view), ...contents(group).filter((line) => line !== NOTHING)]);
}

function groupLines(group: OutputGroup, view: View): string[] {
  return [header(group, view), ...contents(group)];
}

function header({ hosts, state, exit }: OutputGroup, { style }: View): string {
  const names = hosts.map(oneLine).join(",");
  const many = hosts.length > 1 ? style.dim(` (${hosts.length})`) : "";
  const how = state === "ok" ? "" : ` ${style.red(stateWords(state, exit))}`;
  return `${style.bold(names)}${many}:${how}`;
}

/** What the group said: both streams, and what is missing of them. */
function contents({ sample }: OutputGroup): string[] {
  const lines: string[] = [];
  for (const { stdout, stderr, dropped } of sample.commands) {
    lines.push(...linesOf(stdout));
    const errors = linesOf(stderr);
    if (errors.length > 0) lines.push("-- stderr --", ...errors);
    if (dropped > 0) lines.push(`-- ${bytes(dropped)} of output not kept --`);
  }
  // An exit code stands in the header already.
  const told = sample.error?.kind === "operation.failed" && sample.state === "failed" && sample.exit !== null;
  if (sample.error !== null && !told) lines.push(errorLine(sample.error));
  if (sample.exit === NOT_FOUND && sample.commands.some(({ command }) => SHELL_LINE.test(command)))
    lines.push("(There is no shell in between; for one: mtuictl run -- sh -c '...')");
  lines.push(...sample.warnings.map((warning) => `warning: ${oneLine(warning)}`));
  return lines.length === 0 ? [NOTHING] : lines;
}

/** Against the answer of most hosts: what the others have instead. */
function differences(groups: readonly OutputGroup[], view: View): string[] {
  const majority = groups.reduce<OutputGroup | null>(
    (most, group) => (most === null || group.hosts.length > most.hosts.length ? group : most),
    null,
  );
  if (majority === null) return [];
  const { style } = view;
  const lines = [
    `${style.bold(majority.hosts.map(oneLine).join(","))}${style.dim(` (${majority.hosts.length})`)}: the majority`,
    "",
  ];
  for (const group of groups) {
    if (group === majority) continue;
    lines.push(header(group, view));
    for (const { sign, text } of diffLines(contents(majority), contents(group))) {
      if (sign === "-") lines.push(style.red(`- ${text}`));
      if (sign === "+") lines.push(style.green(`+ ${text}`));
    }
    lines.push("");
  }
  return lines;
}

function summary(hosts: readonly HostResult[], { style }: View): string {
  const ok = hosts.filter((host) => host.state === "ok").length;
  const text = `${count(hosts.length, "host")}: ${ok} ok${ok < hosts.length ? `, ${hosts.length - ok} not ok` : ""}`;
  return ok === hosts.length ? style.green(text) : style.red(text);
}
