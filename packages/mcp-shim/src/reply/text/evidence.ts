import type { HostResult } from "@mtui/core/registry";
import { count, duration, groupOutputs, oneLine, type OutputGroup } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { type Folded, foldZypper, isZypper } from "../fold/zypper.ts";
import { errorText, warningLines } from "./error.ts";
import { block, type Part } from "./part.ts";
import { groupBy } from "./view.ts";

type Command = HostResult["commands"][number];

/** Lines of the output of a command that did not end well; the rest is in the job's output. */
const TAIL = 40;
/** A line of a command that went well which is worth a look all the same. */
const NOTABLE =
  /warning|error|fail|conflict|not available|reboot|restart|vendor|downgrad|\.rpm(?:new|save)\b/i;
/** What zypper says of packages of a test repository, and no trouble. */
const ALWAYS = /no support information from (?:their|its) vendor|No processes using deleted files/;
const NOTABLE_LINES = 10;

/** prepare, set_repo, ...: who failed and why; the others in one line. */
export function evidenceParts(hosts: readonly HostResult[]): Part[] {
  const bad = hosts.filter(({ state }) => state !== "ok");
  const good = hosts.filter(({ state }) => state === "ok");
  const lines = groupBy(good, ({ commands }) => String(commands.length)).map((group) => {
    const number = group[0]?.commands.length ?? 0;
    return `ok: ${hostsAndCount(group.map(({ host }) => oneLine(host)))}, ${count(number, "command")}`;
  });
  return [...badEvidence(bad), ...lines, ...notableParts(good)];
}

export function badEvidence(hosts: readonly HostResult[]): Part[] {
  return groupOutputs(hosts).flatMap((group) => [header(group), ...badParts(group.sample)]);
}

export function header({ hosts, state, exit }: Pick<OutputGroup, "hosts" | "state" | "exit">): string {
  return `${stateText(state, exit)}: ${hostsAndCount(hosts)}`;
}

export function stateText(state: string, exit: number | null): string {
  if (state === "notRun") return "not run";
  return state !== "ok" && exit !== null && exit !== 0 ? `${state} (exit ${exit})` : state;
}

/** What hosts that went well said that is worth a look all the same: each thing once, with who said it. */
export function notableParts(hosts: readonly HostResult[]): Part[] {
  const warned = hosts.flatMap(({ host, warnings }) => warnings.map((text) => ({ host, text })));
  const told = hosts.flatMap(({ host, commands }) => notable(commands).map((line) => ({ host, line })));
  const parts: Part[] = groupBy(warned, ({ text }) => text).map(
    (group) => `${whose(group, hosts)}warning: ${oneLine(group[0]?.text ?? "")}`,
  );
  const lines = groupBy(told, ({ line }) => line).map((group) => group[0]?.line ?? "");
  return lines.length === 0 ? parts : [...parts, block(lines.slice(-NOTABLE_LINES).join("\n"))];
}

/** Nothing when it is all of them. */
function whose(group: readonly { readonly host: string }[], hosts: readonly HostResult[]): string {
  const names = new Set(group.map(({ host }) => oneLine(host)));
  return names.size === hosts.length ? "" : `${hostsAndCount([...names])}: `;
}

function notable(commands: readonly Command[]): string[] {
  return commands.flatMap(({ command, stdout, stderr }) => {
    const told = isZypper(command) ? foldZypper(stdout).lines : stdout.split("\n");
    return [...told, ...stderr.split("\n")].filter((line) => NOTABLE.test(line) && !ALWAYS.test(line));
  });
}

/** The commands that did not end well, with the end of what they said; those before only by name. */
function badParts({ commands, error, warnings }: HostResult): Part[] {
  const parts: Part[] = [];
  if (error !== null) parts.push(`  ${errorText(error)}`);
  const before = commands.filter(({ state }) => state === "ok").length;
  if (before > 0) parts.push(`  ${before} of ${commands.length} commands ended well`);
  if (commands.length === 0) parts.push("  no command was run");
  const failed = commands.filter(({ state }) => state !== "ok");
  // A package that is not there makes `rpm -q` fail, and is no reason while there is another.
  const reasons = failed.filter(({ command }) => !command.startsWith("rpm -q "));
  for (const command of reasons.length > 0 ? reasons : failed) parts.push(...commandParts(command, TAIL));
  return [...parts, ...warningLines(warnings)];
}

/** One command with its outcome and what it printed, at most the last so many lines. */
export function commandParts(command: Command, most: number): Part[] {
  const { stdout, stderr, dropped, seconds } = command;
  const code = stateText(command.state, command.exit);
  const parts: Part[] = [`  $ ${oneLine(command.command)}  ${code}, ${duration(seconds)}`];
  const out = isZypper(command.command) ? foldZypper(stdout) : plain(stdout);
  if (out.note !== "") parts.push(`  (folded: ${out.note})`);
  parts.push(...tailParts(out.lines, most));
  if (stderr !== "") parts.push("  stderr:", ...tailParts(plain(stderr).lines, most));
  if (dropped > 0) parts.push(`  (${dropped} bytes of output were not kept)`);
  return parts;
}

function plain(text: string): Folded {
  return { lines: text === "" ? [] : text.replace(/\n$/, "").split("\n"), note: "", count: 0 };
}

function tailParts(lines: readonly string[], most: number): Part[] {
  if (lines.length === 0) return [];
  const left = lines.length - most;
  return [...(left > 0 ? [`  (${left} earlier lines left out)`] : []), block(lines.slice(-most).join("\n"))];
}
