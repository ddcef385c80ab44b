import { usageError } from "./usage-error.ts";

/** Options that may stand before the command, as in `mtuictl --json list-hosts`. */
const WITH_VALUE: ReadonlySet<string> = new Set(["-w", "--workspace", "--config"]);
const WITHOUT: ReadonlySet<string> = new Set(["--json", "-h", "--help", "-V", "--version"]);

export interface Argv {
  /** Options from before the command; they are parsed as if they stood behind it. */
  readonly leading: readonly string[];
  readonly words: readonly string[];
}

/** @throws MtuiError params.invalid */
export function splitArgv(argv: readonly string[]): Argv {
  let index = 0;
  for (let word = argv[index]; word?.startsWith("-"); word = argv[index]) {
    const name = word.split("=", 1)[0] ?? word;
    if (WITH_VALUE.has(word)) index += 2;
    else if (WITHOUT.has(word) || (WITH_VALUE.has(name) && name.startsWith("--"))) index += 1;
    else
      throw usageError(
        `Unknown option '${word}' before the command.`,
        "The commands and their options: mtuictl help",
      );
  }
  return { leading: argv.slice(0, index), words: argv.slice(index) };
}
