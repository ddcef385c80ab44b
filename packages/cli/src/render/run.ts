import type { HostResult } from "@mtui/core/registry";
import { errorLine } from "../errors/report-error.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { bytes, count, linesOf } from "@mtui/core/text";
import { groupOutputs, type OutputGroup } from "./group-outputs.ts";
import { diffLines } from "./line-diff.ts";
import { stateWords } from "./states.ts";
import type { View } from "./view.ts";

/** Of a job that goes on. */
const RUNNING: ReadonlySet<HostResult["state"]> = new Set(["running"]);
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
    .flatMap((group) => [header(group, view), ...contents(group, view).filter((line) => line !== NOTHING)]);
}

function groupLines(group: OutputGroup, view: View): string[] {
  return [header(group, view), ...contents(group, view)];
}

function header({ hosts, state, exit }: OutputGroup, { style }: View): string {
  const names = hosts.map(oneLine).join(",");
  const many = hosts.length > 1 ? style.dim(` (${hosts.length})`) : "";
  const how = state === "ok" ? "" : ` ${style.red(stateWords(state, exit))}`;
  return `${style.bold(names)}${many}:${how}`;
}

/** What the group said: both streams, and what is missing of them. */
function contents({ sample }: OutputGroup, { workspace }: Pick<View, "workspace">): string[] {
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
    lines.push(`(There is no shell in between; for one: mtuictl run${desk(workspace)} -- sh -c '...')`);
  lines.push(...sample.warnings.map((warning) => `warning: ${oneLine(warning)}`));
  return lines.length === 0 ? [NOTHING] : lines;
}

/** The workspace as it is typed; the default one goes without saying. */
function desk(workspace: string | undefined): string {
  return workspace === undefined || workspace === "default" ? "" : ` -w ${oneLine(workspace)}`;
}

/** Against the answer of most hosts: what the others have instead. */
function differences(groups: readonly OutputGroup[], view: View): string[] {
  const majority = groups.reduce<OutputGroup | null>(
    (most, group) => (most === null || group.hosts.length > most.hosts.length ? group : most),
    null,
  );
  if (majority === null) return [];
  const { style } = view;
  if (groups.length === 1) return alike(majority, view);
  const lines = [
    `${style.bold(majority.hosts.map(oneLine).join(","))}${style.dim(` (${majority.hosts.length})`)}: ${standing(majority, groups)}`,
    "",
  ];
  for (const group of groups) {
    if (group === majority) continue;
    lines.push(header(group, view));
    for (const { sign, text } of diffLines(contents(majority, view), contents(group, view))) {
      if (sign === "-") lines.push(style.red(`- ${text}`));
      if (sign === "+") lines.push(style.green(`+ ${text}`));
    }
    lines.push("");
  }
  return lines;
}

/** One host has nothing to differ from, so its output is shown; where several say the same there is no difference. */
function alike(group: OutputGroup, view: View): string[] {
  const failed = group.state === "ok" ? [] : contents(group, view);
  if (group.hosts.length > 1) return [`${header(group, view)} no difference`, ...failed, ""];
  const only = "One host alone: there is nothing to compare it with.";
  return [view.style.dim(only), ...groupLines(group, view), ""];
}

/** One that is not more than half is no majority, only what the others are compared with. */
function standing({ hosts }: OutputGroup, groups: readonly OutputGroup[]): string {
  const all = groups.reduce((sum, group) => sum + group.hosts.length, 0);
  return 2 * hosts.length > all ? "the majority" : "the others are compared with it";
}

function summary(hosts: readonly HostResult[], { style }: View): string {
  const ok = hosts.filter((host) => host.state === "ok").length;
  const running = hosts.filter((host) => RUNNING.has(host.state)).length;
  const bad = hosts.length - ok - running;
  const parts = [`${ok} ok`];
  if (running > 0) parts.push(`${running} running`);
  if (bad > 0) parts.push(`${bad} not ok`);
  const text = `${count(hosts.length, "host")}: ${parts.join(", ")}`;
  if (bad > 0) return style.red(text);
  return running > 0 ? text : style.green(text);
}
