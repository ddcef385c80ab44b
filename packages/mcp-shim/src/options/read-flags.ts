import { nearest } from "@mtui/core/client";
import { UsageError } from "./usage-error.ts";

const VALUES = ["--namespace", "--profile", "--allow", "--deny", "--config"] as const;
const SWITCHES = ["--confirm", "--help", "--version"] as const;

type ValueFlag = (typeof VALUES)[number];

export interface Flags {
  readonly values: ReadonlyMap<ValueFlag, readonly string[]>;
  readonly confirm: boolean;
  readonly help: boolean;
  readonly version: boolean;
}

/**
 * `--flag value` and `--flag=value`.
 * @throws UsageError
 */
export function readFlags(argv: readonly string[]): Flags {
  const values = new Map<ValueFlag, string[]>();
  const switches = new Set<string>();
  for (let index = 0; index < argv.length; index++) {
    const [flag, inline] = split(argv[index] ?? "");
    if (isOneOf(SWITCHES, flag) && inline === null) switches.add(flag);
    else if (isOneOf(VALUES, flag)) {
      const value = inline ?? argv[++index];
      if (value === undefined || value === "" || (inline === null && value.startsWith("--")))
        throw new UsageError(`${flag} wants a value.`, `mtui-mcp ${flag} ${EXAMPLES[flag]}`);
      values.set(flag, [...(values.get(flag) ?? []), value]);
    } else throw unknown(flag);
  }
  return {
    values,
    confirm: switches.has("--confirm"),
    help: switches.has("--help"),
    version: switches.has("--version"),
  };
}

const EXAMPLES: Record<ValueFlag, string> = {
  "--namespace": "reviewer",
  "--profile": "core",
  "--allow": "takeover",
  "--deny": "run,reboot",
  "--config": "/etc/mtui.yaml",
};

function split(word: string): [string, string | null] {
  const at = word.startsWith("--") ? word.indexOf("=") : -1;
  if (at >= 0) return [word.slice(0, at), word.slice(at + 1)];
  return [word === "-h" ? "--help" : word === "-V" ? "--version" : word, null];
}

function isOneOf<const T extends string>(known: readonly T[], word: string): word is T {
  return (known as readonly string[]).includes(word);
}

function unknown(word: string): UsageError {
  const known = [...VALUES, ...SWITCHES];
  const guess = nearest(word, known);
  const what = word.startsWith("-") ? "option" : "argument";
  const hint = guess === null ? `It knows ${known.join(", ")}: mtui-mcp --help` : `Did you mean ${guess}?`;
  return new UsageError(`There is no ${what} ${JSON.stringify(word.slice(0, 80))}.`, hint);
}
