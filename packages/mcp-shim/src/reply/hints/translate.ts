import type { CommandTable, OperationEntry, ParamSchema } from "@mtui/core/protocol";
import { commandsOf, type Commands } from "./commands.ts";
import { spelled, toolCall } from "./tool-call.ts";

/**
 * Hints speak to people: `mtuictl add-host -w desk -t sp6-1`. For a model the same call is a tool with
 * parameters by name: `add_host workspace=desk target=["sp6-1"]`. The registry's own command line hints say
 * how the one becomes the other; what is no tool (`mtuictl daemon stop`) is left for a person.
 */

/** Tools that agents do not get, and what does the same for them. */
const INSTEAD: Readonly<Record<string, string>> = { job_follow: "job_wait" };
/** Programs whose flags are their own, until the sentence ends. */
const OTHERS = /\b(?:mtui-mcp|mtuid|zypper|svn|systemctl|loginctl|ssh|ssh-add)\b[^,;\n]*/y;
const CALL = /\bmtuictl(?=[ \t]+(?:[a-z]|--))/y;
/** `run -t HOST -- ls -l`: the one command that hints also name without its program. */
const RUN = /\b(?=run (?:-t \S+ )?-- )/y;
/** A flag that stands for itself, with a value where one is plainly meant. */
const FLAG = /--?[A-Za-z][A-Za-z-]*/y;
const TOKEN = /[ \t]+("[^"\n]*"|'[^'\n]*'|[^\s"']+)/y;

export interface Speech {
  readonly table: CommandTable;
  /** Whose hint it is: its flags are meant where none is named. */
  readonly operation: string;
}

/** The text with every command of `mtuictl` as a call of a tool. */
export function inToolWords(text: string, { table, operation }: Speech): string {
  if (!/mtuictl|run -|(?:^|[\s(])--?[A-Za-z]/.test(text)) return text;
  const commands = commandsOf(table);
  let out = "";
  // Flags behind a call are more of its own.
  let about = operation;
  for (let at = 0; at < text.length; ) {
    const piece =
      call(text, at, commands) ?? others(text, at) ?? flag(text, at, { commands, operation: about });
    if (piece === null) {
      out += text[at];
      at += 1;
    } else {
      out += piece.text;
      at = piece.end;
      about = piece.about ?? about;
    }
  }
  return out;
}

interface Piece {
  readonly text: string;
  readonly end: number;
  /** The operation that it calls. */
  readonly about?: string;
}

function others(text: string, at: number): Piece | null {
  const [found] = matchAt(OTHERS, text, at) ?? [];
  return found === undefined ? null : { text: found, end: at + found.length };
}

/** `mtuictl` with its words: as a tool, or as what a person can do. */
function call(text: string, at: number, commands: Commands): Piece | null {
  const [program] = matchAt(CALL, text, at) ?? matchAt(RUN, text, at) ?? [];
  if (program === undefined) return null;
  const tokens = tokensFrom(program === "" ? ` ${text}` : text, program === "" ? at : at + program.length);
  if (program === "") for (const token of tokens) token.end -= 1;
  const found = commands.find(tokens.map(({ word }) => word));
  if (found === null || found.entry.cli.hidden === true) {
    const end = personal(tokens);
    if (/\bperson\b/.test(text.slice(0, at))) return { text: program, end: at + program.length };
    return {
      text: `(for a person: ${text.slice(at, end ?? at + program.length).trim()})`,
      end: end ?? at + program.length,
    };
  }
  const { entry, length } = found;
  const { args, end } = argumentsOf(tokens.slice(length), {
    entry,
    commands,
    from: tokens[length - 1]?.end ?? at,
  });
  const instead = INSTEAD[entry.name];
  return { text: toolCall(instead ?? entry.name, args), end, about: entry.name };
}

interface Token {
  readonly word: string;
  /** Where it ends, its closing punctuation not counted. */
  end: number;
  /** Does the sentence go on behind it? */
  readonly last: boolean;
}

function tokensFrom(text: string, from: number): Token[] {
  const tokens: Token[] = [];
  for (let at = from; tokens.length < 40; ) {
    const match = matchAt(TOKEN, text, at);
    if (match === null) break;
    const [whole, raw = ""] = match;
    const word = raw.replace(/[.,;:)]+$/, "");
    const end = at + whole.length - (raw.length - word.length);
    tokens.push({ word: word.replace(/^(["'])(.*)\1$/s, "$2"), end, last: word !== raw });
    if (word !== raw) break;
    at += whole.length;
  }
  return tokens;
}

/** Where a person's command ends: at the first word that is plainly prose, or with the sentence. */
function personal(tokens: readonly Token[]): number | null {
  let end: number | null = null;
  for (const [index, { word, end: here }] of tokens.entries()) {
    if (index > 1 && !word.startsWith("-")) break;
    end = here;
  }
  return end;
}

function argumentsOf(
  tokens: readonly Token[],
  { entry, commands, from }: { entry: OperationEntry; commands: Commands; from: number },
): { args: Record<string, unknown>; end: number } {
  const args: Record<string, unknown> = {};
  const places = [...(entry.cli.positionals ?? [])];
  let end = from;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    const last = entry.cli.positionals?.at(-1);
    if (token.word === "--" && last !== undefined) {
      // Whatever follows is the command, to the end of the sentence.
      const rest = tokens.slice(at + 1);
      return { args: { ...args, [last]: rest.map(({ word }) => word) }, end: rest.at(-1)?.end ?? token.end };
    }
    const name = token.word.startsWith("-") ? commands.parameter(token.word, entry) : null;
    if (name !== null) {
      const isFlag = entry.params.properties[name]?.type === "boolean";
      const value = tokens[at + 1];
      if (isFlag) args[name] = true;
      else if (value !== undefined && !token.last) {
        set(args, name, { word: value.word, entry });
        at += 1;
        end = value.end;
        continue;
      }
      end = token.end;
      continue;
    }
    const [place] = places;
    if (
      place === undefined ||
      token.word.startsWith("-") ||
      !isArgument(token.word, entry.params.properties[place])
    )
      break;
    set(args, place, { word: token.word, entry });
    if (entry.params.properties[place]?.type !== "array") places.shift();
    end = token.end;
  }
  return { args, end };
}

function set(
  args: Record<string, unknown>,
  name: string,
  { word, entry }: { word: string; entry: OperationEntry },
): void {
  const schema = entry.params.properties[name];
  if (schema?.type !== "array") {
    args[name] = schema?.type === "number" || schema?.type === "integer" ? Number(word) || word : word;
    return;
  }
  const before = Array.isArray(args[name]) ? (args[name] as unknown[]) : [];
  args[name] = [...before, ...word.split(",")];
}

/** Names have a digit, a sign or capitals (`ID`, `RRID`); prose has not. */
function isArgument(word: string, schema: ParamSchema | undefined): boolean {
  if (schema?.type === "string" && schema.enum?.includes(word) === true) return true;
  return /[\d:/_]/.test(word) || /^[A-Z]{2,}$/.test(word);
}

/** `--replace` and `(-w NAME)` of the operation that the hint belongs to. */
function flag(
  text: string,
  at: number,
  { commands, operation }: { commands: Commands; operation: string },
): Piece | null {
  if (at > 0 && !/[\s(]/.test(text[at - 1] ?? "")) return null;
  const [found] = matchAt(FLAG, text, at) ?? [];
  if (found === undefined) return null;
  const parameter = commands.anyParameter(found, operation);
  if (parameter === null) return null;
  const { name, entry } = parameter;
  const end = at + found.length;
  const type = entry.params.properties[name]?.type;
  if (type === "boolean") return { text: `${name}=true`, end };
  const value = /^ ("[^"\n]*"|[A-Z]{2,}\b|\d+\b)/.exec(text.slice(end, end + 300));
  if (value === null) return { text: name, end };
  const [whole, raw = ""] = value;
  const word = raw.replace(/^"(.*)"$/s, "$1");
  const number = type === "number" || type === "integer" ? Number(word) : Number.NaN;
  const spelledValue =
    type === "array" ? JSON.stringify([word]) : Number.isNaN(number) ? spelled(word) : String(number);
  return { text: `${name}=${spelledValue}`, end: end + whole.length };
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
