import type { Command } from "../command/catalogue.ts";
import { findCommand } from "../command/catalogue.ts";
import { nearest } from "../command/nearest.ts";
import { helpText } from "../command/parse.ts";
import { usageError } from "../command/usage-error.ts";

/** @throws MtuiError params.invalid for a command that does not exist */
export function help(words: readonly string[], commands: readonly Command[]): string {
  if (words.length === 0) return overview(commands);
  const found = findCommand(words, commands);
  if (found !== null) return helpText(found.command);
  const group = visible(commands).filter((command) => command.words.startsWith(`${words[0]} `));
  if (group.length > 0 && words.length === 1) return `${list(group)}\n`;
  throw unknownCommand(words, commands);
}

export function unknownCommand(words: readonly string[], commands: readonly Command[]): Error {
  const [first = "", second] = words;
  const names = visible(commands).map((command) => command.words);
  const isGroup = names.some((name) => name.startsWith(`${first} `));
  const typed = isGroup ? [first, second].filter((word) => word !== undefined).join(" ") : first;
  const near = isGroup
    ? nearestOfGroup(first, { second, names })
    : nearest(typed.replaceAll("_", "-"), [...names, ...names.map((name) => name.split(" ")[0] ?? name)]);
  const longer = names.filter((name) => name.startsWith(`${typed}-`));
  const message =
    isGroup && second === undefined ? `'${first}' needs a second word.` : `Unknown command '${typed}'.`;
  const all = isGroup ? `mtuictl help ${first}` : "mtuictl help";
  const guess =
    longer.length > 0
      ? `It may be ${longer.join(", ")}. `
      : near !== null && near !== typed
        ? `Did you mean '${near}'? `
        : "";
  return usageError(message, `${guess}The commands: ${all}`);
}

/** The group's own name is right already, and likens all of its commands to each other. */
function nearestOfGroup(
  group: string,
  { second = "", names }: { second: string | undefined; names: readonly string[] },
): string | null {
  const own = names
    .filter((name) => name.startsWith(`${group} `))
    .map((name) => name.slice(group.length + 1));
  const found = nearest(second.replaceAll("_", "-"), own);
  return found === null ? null : `${group} ${found}`;
}

export function visible(commands: readonly Command[]): Command[] {
  return commands.filter((command) => command.entry.cli.hidden !== true);
}

function overview(commands: readonly Command[]): string {
  return [
    "mtuictl - validates maintenance updates, several at once, on a shared pool of reference hosts",
    "",
    "  mtuictl validate RRID...     a queue of updates, from template to written report",
    "  mtuictl COMMAND --help       the options of a command",
    "",
    "Options of every command: --json, --config FILE; of every command on a workspace: -w NAME",
    "",
    list(visible(commands)),
    "",
  ].join("\n");
}

function list(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.words.length));
  return commands.map(({ words, entry }) => `  ${words.padEnd(width)}  ${entry.summary}`).join("\n");
}
