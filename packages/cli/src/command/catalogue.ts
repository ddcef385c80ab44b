import type { CommandTable, OperationEntry } from "@mtui/core/protocol";
import { localCommands } from "./local.ts";

/** A command of `mtuictl`: an operation of the daemon, or something that the client does by itself. */
export interface Command {
  /** As typed: `load-template`, `job list`. */
  readonly words: string;
  readonly entry: OperationEntry;
  readonly local: boolean;
}

export function commandWords(entry: OperationEntry): string {
  return entry.cli.command ?? entry.name.replaceAll("_", "-");
}

/** Everything that can be typed, the client's own commands included; sorted by name. */
export function catalogue(table: CommandTable): Command[] {
  const local = localCommands().map((entry) => ({ words: commandWords(entry), entry, local: true }));
  const taken = new Set(local.map((command) => command.words));
  const remote = table.operations
    .map((entry) => ({ words: commandWords(entry), entry, local: false }))
    .filter((command) => !taken.has(command.words));
  return [...local, ...remote].sort((a, b) => (a.words < b.words ? -1 : 1));
}

/**
 * The command that the words begin with, and what follows. Underscores are taken for dashes and an
 * operation's own name (`job_list`) for its two words.
 */
export function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): { command: Command; rest: readonly string[] } | null {
  const [first = "", second = ""] = words;
  const dashed = first.replaceAll("_", "-");
  for (const command of commands) {
    if (command.words === `${first} ${second}`) return { command, rest: words.slice(2) };
    if (command.words === dashed || command.entry.name.replaceAll("_", "-") === dashed) {
      return { command, rest: words.slice(1) };
    }
  }
  return null;
}
