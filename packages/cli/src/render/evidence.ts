import type { HostResult } from "@mtui/core/registry";
import { errorLine } from "../errors/report-error.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { count, duration, linesOf } from "@mtui/core/text";
import { paint, stateWords } from "./states.ts";
import type { View } from "./view.ts";

/** Lines of a failed command's output that are shown without `--verbose`. */
const TAIL = 15;

/**
 * What was done on one host: every command with its outcome. A command that went well shows its
 * output only when asked for; one that did not shows the end of it.
 */
export function hostLines(host: HostResult, view: View): string[] {
  const { style } = view;
  const system = host.system === null ? "" : style.dim(` (${oneLine(host.system)})`);
  const lines = [`${style.bold(oneLine(host.host))}${system}: ${painted(host.state, host.exit, view)}`];
  if (host.commands.length === 0) lines.push("  no command was run");
  for (const { command, state, exit, seconds, stdout, stderr } of host.commands) {
    lines.push(`  ${painted(state, exit, view)}  ${oneLine(command)}  ${style.dim(duration(seconds))}`);
    if (state === "ok" && !view.flags.verbose) continue;
    const output = [...linesOf(stdout), ...linesOf(stderr)];
    const shown = view.flags.verbose ? output : output.slice(-TAIL);
    if (shown.length < output.length)
      lines.push(`    (${count(output.length - shown.length, "earlier line")})`);
    lines.push(...shown.map((line) => `    ${line}`));
  }
  if (host.error !== null) lines.push(`  ${style.red(errorLine(host.error))}`);
  lines.push(...host.warnings.map((warning) => `  ${style.yellow(`warning: ${oneLine(warning)}`)}`));
  return lines;
}

function painted(state: string, exit: number | null, view: View): string {
  const words = stateWords(state, exit);
  return words === state ? paint(state, view.style) : view.style.red(words);
}
