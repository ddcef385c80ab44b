import { accessSync, constants } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { ALLOWANCES } from "@mtui/core/protocol";
import type { Command } from "../command/catalogue.ts";
import { nearest } from "../command/nearest.ts";
import type { Parsed } from "../command/parse.ts";
import { usageError } from "../command/usage-error.ts";
import type { Context } from "../run/context.ts";
import { printJson } from "../run/print.ts";
import { visible } from "./help.ts";

const SERVER = "mtui";
const PROGRAM = "mtui-mcp";

export const MCP_CLIENTS = ["claude-desktop", "claude-code", "opencode", "vscode"] as const;
type McpClient = (typeof MCP_CLIENTS)[number];

/** Where each client reads it, as its people call the file. */
const FILES: { readonly [C in McpClient]: string } = {
  "claude-desktop": "claude_desktop_config.json (Linux: ~/.config/Claude/)",
  "claude-code": ".mcp.json in the project's directory",
  opencode: "opencode.json in the project's directory, or ~/.config/opencode/opencode.json",
  vscode: ".vscode/mcp.json in the project's directory",
};

interface Start {
  readonly command: string;
  readonly args: readonly string[];
}

/** How each client wants to be told of a server that it starts itself. */
const SNIPPETS: { readonly [C in McpClient]: (start: Start) => unknown } = {
  "claude-desktop": (start) => ({ mcpServers: { [SERVER]: start } }),
  "claude-code": (start) => ({ mcpServers: { [SERVER]: { type: "stdio", ...start } } }),
  opencode: ({ command, args }) => ({
    $schema: "https://opencode.ai/config.json",
    mcp: { [SERVER]: { type: "local", command: [command, ...args], enabled: true } },
  }),
  vscode: (start) => ({ servers: { [SERVER]: { type: "stdio", ...start } } }),
};

/**
 * Prints what makes an MCP client start `mtui-mcp`: JSON on standard output, and on standard error where it goes.
 * @throws MtuiError params.invalid
 */
export function mcpConfig({ params }: Parsed, context: Context): number {
  const client = MCP_CLIENTS.find((each) => each === params.client);
  if (client === undefined) throw usageError("Which client?", `One of ${MCP_CLIENTS.join(", ")}.`);
  const { io, flags, commands } = context;
  const tools = agentTools(commands);
  const command = programPath(io.env);
  const args = [
    ...one("--namespace", params.namespace, NAMESPACE),
    ...one("--profile", params.profile, WORD),
    ...list("--allow", { given: params.allow, known: [...ALLOWANCES, ...tools] }),
    ...list("--deny", { given: params.deny, known: tools }),
    ...(flags.config === undefined ? [] : ["--config", resolve(flags.config)]),
  ];
  printJson(SNIPPETS[client]({ command: command ?? PROGRAM, args }), context);
  io.err.write(`This goes into ${FILES[client]}.\n`);
  if (command === null) io.err.write(`${PROGRAM} was not found here: put its whole path in.\n`);
  return 0;
}

const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/;
const WORD = /^[a-z0-9_-]{1,64}$/;

function one(option: string, value: unknown, grammar: RegExp): string[] {
  if (typeof value !== "string") return [];
  if (grammar.test(value)) return [option, value];
  throw usageError(
    `${option}: ${JSON.stringify(value)} is not allowed.`,
    `As for ${PROGRAM}: ${PROGRAM} --help`,
  );
}

/** What an agent may be given at all. */
export function agentTools(commands: readonly Command[]): string[] {
  return visible(commands).flatMap(({ local, entry }) => (local ? [] : [entry.name]));
}

/** Mistyped, it would be found out by the client alone, which starts `mtui-mcp` and hides what that says. */
function list(option: string, { given, known }: { given: unknown; known: readonly string[] }): string[] {
  const words = (Array.isArray(given) ? given : []).flatMap((each) => String(each).split(","));
  for (const word of words) if (!known.includes(word)) throw unknownName(word, { option, known });
  return words.length === 0 ? [] : [option, words.join(",")];
}

function unknownName(word: string, { option, known }: { option: string; known: readonly string[] }): Error {
  const near = nearest(word.slice(0, 64), known);
  const hint = near === null ? `It takes: ${known.join(", ")}.` : `Did you mean ${near}?`;
  return usageError(`${option}: there is no ${JSON.stringify(word.slice(0, 80))}.`, hint);
}

/**
 * The whole path, because a client that a desktop has started has not the shell's `PATH`: of the program that the
 * shell would start, else of the one beside this.
 * @returns null when there is none
 */
function programPath(env: NodeJS.ProcessEnv): string | null {
  const own = process.argv[1];
  const places = [
    ...(env["PATH"] ?? "").split(delimiter).filter((place) => isAbsolute(place)),
    ...(own === undefined ? [] : [dirname(own)]),
  ];
  return places.map((place) => join(place, PROGRAM)).find((path) => isExecutable(path)) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
