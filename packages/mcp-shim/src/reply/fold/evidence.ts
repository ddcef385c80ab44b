import { isObject, type Json, objectsIn, textOf } from "../json.ts";
import { foldZypper, isZypper } from "./zypper.ts";

/**
 * Evidence per host in structured results: what zypper chatters is taken out of the outputs, answers to
 * the product's own questions too once they are judged, and hosts that did the very same name the one
 * that shows it. `folded` counts the lines that are gone, `same_as` names the host; both are properties of
 * ours, which no output can forge.
 */

/** Calls whose answers are judged and told in other words; the whole stays in the job's output. */
const QUESTION =
  /^(?:zypper -n (?:lr|ar|rr|ref|se|patches|lp|if|search|info)\b|rpm -q |transactional-update .{0,40}\b(?:lr|ar|rr|ref|se|patches)\b)/;

export interface FoldOptions {
  /** Were the commands given by the caller, whose answers are what was asked for? */
  readonly asked: boolean;
}

/** Hosts that did and said the same: the first one shows it, the others name it. Nothing is lost. */
export function shareEvidence(hosts: readonly unknown[]): unknown[] {
  const shown = new Map<string, string>();
  return hosts.map((host) => {
    if (!isObject(host) || !Array.isArray(host.commands) || host.commands.length === 0) return host;
    const key = keyOf(host);
    const first = shown.get(key);
    if (first !== undefined) return { ...host, commands: [], same_as: first };
    shown.set(key, textOf(host.host));
    return host;
  });
}

/** Outputs without what says nothing about how it went. */
export function dropChatter(hosts: readonly unknown[], options: FoldOptions): unknown[] {
  return hosts.map((host) => {
    if (!isObject(host) || !Array.isArray(host.commands)) return host;
    const commands = host.commands.map((command: unknown) =>
      isObject(command) ? foldCommand(command, { ...options, well: host.state === "ok" }) : command,
    );
    return { ...host, commands };
  });
}

/** Equal in all but time: what was run, how it ended, what it said. */
function keyOf({ state, exit, error, commands }: Json): string {
  return JSON.stringify([
    state,
    exit,
    error,
    objectsIn(commands).map((each) => [
      each.command,
      each.state,
      each.exit,
      each.stdout,
      each.stderr,
      each.dropped,
    ]),
  ]);
}

/** @param options.well did the host end well? Then `rpm -q` has failed only to find what is not there. */
function foldCommand(command: Json, { asked, well }: FoldOptions & { well: boolean }): Json {
  const text = textOf(command.command);
  const stdout = textOf(command.stdout);
  if (!asked && (well || command.state === "ok") && QUESTION.test(text)) {
    const count = stdout === "" ? 0 : stdout.replace(/\n$/, "").split("\n").length;
    return count === 0 ? command : { ...command, stdout: "", folded: count };
  }
  if (!isZypper(text)) return command;
  const { lines, count } = foldZypper(stdout);
  return count === 0 ? command : { ...command, stdout: `${lines.join("\n")}\n`, folded: count };
}
