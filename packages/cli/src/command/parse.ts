import { Argument, Command as Commander, CommanderError, Option } from "commander";
import type { Command } from "./catalogue.ts";
import { type Flags, flagsOf } from "./flags.ts";
import { metavar, type Parameter, parametersOf } from "./parameters.ts";
import { usageError } from "./usage-error.ts";
import { readValue, wordSchema } from "./values.ts";

export interface Parsed {
  /** Parameters as the operation takes them; only what was typed. */
  readonly params: Record<string, unknown>;
  readonly flags: Flags;
}

/** What follows the command's options is somebody else's command line: not one word of it is ours. */
const PASS_THROUGH: ReadonlySet<string> = new Set(["run"]);

/**
 * @param words what was typed after the command
 * @returns what was typed, or the help text when that was asked for
 * @throws MtuiError params.invalid, with the nearest option where a name was mistyped
 */
export function parseCommand(command: Command, words: readonly string[]): Parsed | { readonly help: string } {
  const parameters = parametersOf(command.entry);
  const output = { text: "" };
  const parser = parserOf(command, { parameters, output });
  try {
    parser.parse([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.helpDisplayed") return { help: output.text };
    throw asUsageError(error, { command, usage: parser.usage() });
  }
  return collect(parser, parameters);
}

export function helpText(command: Command): string {
  return parserOf(command, {
    parameters: parametersOf(command.entry),
    output: { text: "" },
  }).helpInformation();
}

function parserOf(
  command: Command,
  { parameters, output }: { parameters: Parameter[]; output: { text: string } },
): Commander {
  const parser = new Commander(`mtuictl ${command.words}`)
    .description(command.entry.summary)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.text += text;
      },
      writeErr: () => {},
    })
    .helpOption("-h, --help", "show this help");
  if (PASS_THROUGH.has(command.entry.name)) parser.passThroughOptions();
  for (const parameter of positionals(parameters)) parser.addArgument(argumentOf(parameter));
  for (const parameter of parameters)
    if (parameter.option !== null) parser.addOption(optionOf(parameter, parameter.option));
  return parser;
}

function positionals(parameters: Parameter[]): Parameter[] {
  return parameters
    .filter((parameter) => parameter.position !== null)
    .sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
}

function argumentOf(parameter: Parameter): Argument {
  const { name, schema, required } = parameter;
  const word = metavar(name) + (schema.type === "array" ? "..." : "");
  return new Argument(required ? `<${word}>` : `[${word}]`, describe(parameter));
}

function optionOf(parameter: Parameter, text: string): Option {
  const { name, schema } = parameter;
  const option = new Option(text, describe(parameter));
  option.argParser((word: string, previous: unknown) => {
    if (schema.type !== "array") return word;
    return Array.isArray(previous) ? [...previous, word] : [word];
  });
  if (parameter.required) option.makeOptionMandatory();
  // Commander's own camel-case names would need mapping back.
  option.attributeName = () => name;
  return option;
}

function describe({ schema, fromFile, required, option }: Parameter): string {
  const parts: string[] = [];
  if (schema.description !== undefined) parts.push(schema.description);
  if (fromFile === true) parts.push("(@FILE: what the file has, @-: standard input)");
  if (required && option !== null) parts.push("(required)");
  const words = wordSchema(schema);
  if (words.enum !== undefined) parts.push(`(${words.enum.join(", ")})`);
  if (schema.type === "array") parts.push(schema.minItems === undefined ? "(repeatable)" : "");
  else if (schema.type !== "boolean" && schema.default !== undefined)
    parts.push(`(default: ${schema.default})`);
  return parts.filter((part) => part !== "").join(" ");
}

function collect(parser: Commander, parameters: readonly Parameter[]): Parsed {
  const options: Record<string, unknown> = parser.opts();
  const params: Record<string, unknown> = {};
  const flags: Record<string, unknown> = {};
  for (const parameter of parameters) {
    const { name, schema, position, label } = parameter;
    const byPosition: unknown = position === null ? undefined : parser.processedArgs[position];
    const raw = isGiven(byPosition) ? byPosition : options[name];
    if (isGiven(byPosition) && options[name] !== undefined && options[name] !== byPosition) {
      throw usageError(`${name} is given twice, as ${label} and as an option, with different values.`);
    }
    if (!isGiven(raw)) continue;
    const value = read(raw, { schema, label });
    if (parameter.kind === "flag") flags[name] = value;
    // A negatable option is always "given"; its default says nothing.
    else if (value !== schema.default || typeof value !== "boolean") params[name] = value;
  }
  return { params, flags: flagsOf(flags) };
}

function isGiven(raw: unknown): boolean {
  return raw !== undefined && !(Array.isArray(raw) && raw.length === 0);
}

function read(raw: unknown, { schema, label }: { schema: Parameter["schema"]; label: string }): unknown {
  const words = wordSchema(schema);
  if (typeof raw === "boolean") return raw;
  if (Array.isArray(raw))
    return raw.map((word: unknown) => readValue(String(word), { schema: words, name: label }));
  return readValue(String(raw), { schema: words, name: label });
}

function asUsageError(error: CommanderError, { command, usage }: { command: Command; usage: string }): Error {
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const suggestion = /\(Did you mean (.+)\?\)/.exec(more.join(" "))?.[1];
  const message = first.charAt(0).toUpperCase() + first.slice(1);
  const help = `mtuictl help ${command.words}`;
  const shape = error.code === "commander.unknownOption" ? "" : `It is: mtuictl ${command.words} ${usage}. `;
  const hint =
    suggestion === undefined
      ? `${shape}Its options: ${help}`
      : `Did you mean ${suggestion}? All options: ${help}`;
  return usageError(message.endsWith(".") ? message : `${message}.`, hint);
}
