import type { DaemonClient } from "@mtui/core/client";
import { type Command, findCommand } from "../command/catalogue.ts";
import { type Parameter, parametersOf } from "../command/parameters.ts";
import { wordSchema } from "../command/values.ts";
import { visible } from "../local/help.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/sanitise.ts";
import { type Candidate, liveValues } from "./live-values.ts";

export interface CompleteOptions {
  readonly commands: readonly Command[];
  readonly io: Io;
  /** A daemon that runs already; completion starts none. */
  readonly dial: () => Promise<DaemonClient>;
}

/** What a shell puts on a command line unquoted without surprise. */
const PLAIN_WORD = /^[A-Za-z0-9@%+=:,./_-]+$/;

/**
 * Answers a shell: candidates for the last word, one a line.
 * @param words what was typed after `mtuictl`; the last one is being typed
 */
export async function completeWords(words: readonly string[], options: CompleteOptions): Promise<number> {
  const partial = words.at(-1) ?? "";
  const candidates = await candidatesFor(words.slice(0, -1), { ...options, partial });
  const lines = candidates
    .filter(({ word }) => word.startsWith(partial) && PLAIN_WORD.test(word))
    .map(({ word, about }) => (about === undefined ? word : `${word}\t${oneLine(about)}`));
  if (lines.length > 0) options.io.out.write(`${lines.join("\n")}\n`);
  return 0;
}

async function candidatesFor(
  before: readonly string[],
  options: CompleteOptions & { partial: string },
): Promise<Candidate[]> {
  const { commands, partial } = options;
  const found = findCommand(before, commands);
  if (found === null) return commandNames(before, commands);
  const parameters = parametersOf(found.command.entry);
  const asked = optionOf(found.rest.at(-1), parameters);
  if (asked !== undefined) return values(asked, { command: found.command, words: found.rest, options });
  if (partial.startsWith("-")) return optionNames(parameters);
  const positional = positionalAt(found.rest, parameters);
  return positional === undefined
    ? []
    : values(positional, { command: found.command, words: found.rest, options });
}

function commandNames(before: readonly string[], commands: readonly Command[]): Candidate[] {
  const names = visible(commands);
  if (before.length === 0) {
    const firsts = new Map(
      names.map(({ words, entry }) => [
        words.split(" ")[0] ?? words,
        words.includes(" ") ? "" : entry.summary,
      ]),
    );
    return [...firsts].map(([word, about]) => (about === "" ? { word } : { word, about }));
  }
  return names
    .filter(({ words }) => before.length === 1 && words.startsWith(`${before[0]} `))
    .map(({ words, entry }) => ({ word: words.split(" ")[1] ?? "", about: entry.summary }));
}

function optionNames(parameters: readonly Parameter[]): Candidate[] {
  return parameters.flatMap(({ option, schema }) => {
    const word = option === null ? undefined : /--[a-z-]+/.exec(option)?.[0];
    if (word === undefined) return [];
    return [schema.description === undefined ? { word } : { word, about: schema.description }];
  });
}

/** The option that waits for its value. */
function optionOf(word: string | undefined, parameters: readonly Parameter[]): Parameter | undefined {
  if (word === undefined || !word.startsWith("-")) return undefined;
  return parameters.find(
    ({ option, schema }) => schema.type !== "boolean" && option?.split(/[ ,]+/).includes(word),
  );
}

/** The argument that the next word would be: words that are neither options nor their values count. */
function positionalAt(words: readonly string[], parameters: readonly Parameter[]): Parameter | undefined {
  const given = words.filter(
    (word, index) => !word.startsWith("-") && optionOf(words[index - 1], parameters) === undefined,
  );
  const places = parameters
    .filter(({ position }) => position !== null)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
  const last = places.at(-1);
  return places[given.length] ?? (last?.schema.type === "array" ? last : undefined);
}

async function values(
  parameter: Parameter,
  { command, words, options }: { command: Command; words: readonly string[]; options: CompleteOptions },
): Promise<Candidate[]> {
  const listed = wordSchema(parameter.schema).enum;
  if (listed !== undefined) return listed.map((word) => ({ word }));
  const at = words.findLastIndex((word) => word === "-w" || word === "--workspace");
  const workspace = at < 0 ? undefined : words[at + 1];
  return liveValues({
    operation: command.entry.name,
    parameter: parameter.name,
    workspace,
    dial: options.dial,
  });
}
