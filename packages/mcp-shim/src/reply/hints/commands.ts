import type { CommandTable, OperationEntry } from "@mtui/core/protocol";

/** How the command line names things, turned round: from words and flags to operations and parameters. */
export interface Commands {
  /** The operation that the words begin with, and how many words that are; null: it is no operation. */
  find(words: readonly string[]): { entry: OperationEntry; length: number } | null;
  /** The parameter behind `--name` or `-n`; null when there is none. */
  parameter(flag: string, entry: OperationEntry): string | null;
  /** Of that operation if it has such a flag, else of any. */
  anyParameter(flag: string, operation: string): { name: string; entry: OperationEntry } | null;
}

const known = new WeakMap<CommandTable, Commands>();

/** Made once a table. */
export function commandsOf(table: CommandTable): Commands {
  const found = known.get(table);
  if (found !== undefined) return found;
  const made = make(table);
  known.set(table, made);
  return made;
}

function make({ operations }: CommandTable): Commands {
  const byWords = new Map<string, OperationEntry>();
  for (const entry of operations) {
    byWords.set(entry.cli.command ?? dashed(entry.name), entry);
    byWords.set(dashed(entry.name), entry);
  }
  const flags = new Map(operations.map((entry) => [entry, flagsOf(entry)]));
  const parameter: Commands["parameter"] = (flag, entry) => flags.get(entry)?.get(flag) ?? null;
  return {
    find([first = "", second = ""]) {
      const two = byWords.get(`${dashed(first)} ${second}`);
      if (two !== undefined) return { entry: two, length: 2 };
      const one = byWords.get(dashed(first));
      return one === undefined ? null : { entry: one, length: 1 };
    },
    parameter,
    anyParameter(flag, operation) {
      const own = operations.find(({ name }) => name === operation);
      for (const entry of own === undefined ? operations : [own, ...operations]) {
        // One letter means this operation's, or the workspace.
        if (entry !== own && /^-[^-]/.test(flag) && flag !== "-w") continue;
        const name = parameter(flag, entry);
        if (name !== null) return { name, entry };
      }
      return null;
    },
  };
}

function flagsOf(entry: OperationEntry): Map<string, string> {
  const flags = new Map<string, string>();
  for (const name of Object.keys(entry.params.properties)) {
    flags.set(`--${dashed(name)}`, name);
    flags.set(`--${dashed(entry.cli.long?.[name] ?? name)}`, name);
    const letter = entry.cli.short?.[name];
    if (letter !== undefined) flags.set(`-${letter}`, name);
  }
  if ("workspace" in entry.params.properties) flags.set("-w", "workspace");
  return flags;
}

function dashed(name: string): string {
  return name.replaceAll("_", "-");
}
