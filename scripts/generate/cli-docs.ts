import { type CommandTable, ERROR_KINDS } from "@mtui/core/protocol";
import { catalogue, type Command } from "../../packages/cli/src/command/catalogue.ts";
import { metavar, type Parameter, parametersOf } from "../../packages/cli/src/command/parameters.ts";

/** Flags of every command; told once and not with each. */
const COMMON: ReadonlySet<string> = new Set(["json", "config"]);

/**
 * The parts of docs/cli.md that follow from code, put between their marks.
 * @param page the page as it is
 */
export function withGeneratedParts(page: string, table: CommandTable): string {
  const parts = { commands: commands(table), errors: errors() };
  return Object.entries(parts).reduce((text, [name, part]) => {
    const [start, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const [before, rest] = [text.indexOf(start), text.indexOf(end)];
    if (before < 0 || rest < before) throw new Error(`the page has no place for "${name}"`);
    return `${text.slice(0, before + start.length)}\n\n${part}\n\n${text.slice(rest)}`;
  }, page);
}

function commands(table: CommandTable): string {
  return catalogue(table)
    .filter((command) => command.entry.cli.hidden !== true)
    .map(section)
    .join("\n\n");
}

function section(command: Command): string {
  const parameters = parametersOf(command.entry).filter(
    (parameter) => parameter.kind === "param" || !COMMON.has(parameter.name),
  );
  const usage = ["mtuictl", command.words, ...positionals(parameters)].join(" ");
  const lines = [`### ${command.words}`, "", `\`${usage}\``, "", `${command.entry.summary}.`];
  const options = parameters.filter((parameter) => parameter.option !== null);
  if (options.length > 0) lines.push("", "| Option | Meaning |", "|---|---|", ...options.map(row));
  return lines.join("\n");
}

function positionals(parameters: readonly Parameter[]): string[] {
  return parameters
    .filter((parameter) => parameter.position !== null)
    .toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
    .map(({ name, required, schema }) => {
      // A choice of words is typed as it stands.
      const named = metavar(name);
      const word =
        (named.includes("|") ? named : named.toUpperCase()) + (schema.type === "array" ? "..." : "");
      return required ? word : `[${word}]`;
    });
}

function row({ option, schema, required }: Parameter): string {
  const words = schema.type === "array" ? schema.items : schema;
  const parts = [schema.description ?? ""];
  if (required) parts.push("required");
  if (words.enum !== undefined) parts.push(`one of ${words.enum.map((word) => `\`${word}\``).join(", ")}`);
  if (schema.type === "array") parts.push("repeatable");
  else if (schema.type !== "boolean" && schema.default !== undefined)
    parts.push(`default: \`${schema.default}\``);
  return `| \`${option}\` | ${parts
    .filter((part) => part !== "")
    .join("; ")
    .replaceAll("|", "\\|")} |`;
}

function errors(): string {
  const kinds = Object.entries(ERROR_KINDS).map(([kind, { exit }]) => `| \`${kind}\` | ${exit} |`);
  return ["| Kind | Exit code |", "|---|---|", ...kinds].join("\n");
}
