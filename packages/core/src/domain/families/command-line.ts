import { MtuiError } from "../../protocol/errors.ts";
import type { Question } from "../zypper/exit-codes.ts";

/** Linux refuses a single argument of 128 KiB; a line travels as one (`sh -c`). */
const LINE_LIMIT = 100_000;

/**
 * One program call on a host. A plan is a row of these, each with an exit status of its own: a
 * script's last line or a pipe's last program must never speak for the one that matters.
 */
export interface PlanStep {
  /** Name of the step in progress and results: `install patches`. */
  readonly step: string;
  /** The call as a person would type it; this is what logs show. */
  readonly command: string;
  /** What the host's shell gets: the same call with the language fixed, so that its texts parse. */
  readonly line: string;
  /** Does it change the host? Changing calls run fenced under the operation lock. */
  readonly changes: boolean;
  /** What was asked, without which an exit status means nothing. */
  readonly question: Question;
}

interface StepOptions {
  readonly step: string;
  readonly question: Question;
  readonly changes: boolean;
  readonly words: readonly string[];
}

/** @throws MtuiError params.invalid for a line longer than a host takes. */
export function planStep({ step, question, changes, words }: StepOptions): PlanStep {
  const command = commandLine(words);
  return { step, command, line: `LC_ALL=C LANG=C ${command}`, changes, question };
}

/**
 * Words as one shell line; every word that is not plainly harmless is quoted.
 * @throws MtuiError params.invalid for a NUL byte, no words, or more than a host takes
 */
export function commandLine(words: readonly string[]): string {
  if (words.length === 0 || words[0] === "") throw invalid("There is no command to run.");
  const line = words.map(shellWord).join(" ");
  if (Buffer.byteLength(line) <= LINE_LIMIT) return line;
  throw invalid(`The command line has more than ${LINE_LIMIT} bytes.`);
}

/** A leading `~` would be expanded, and a `=` makes the first word an assignment: those are quoted too. */
function shellWord(word: string, index: number): string {
  if (word.includes("\0")) throw invalid("A command cannot contain a NUL byte.");
  const plain = index === 0 ? /^[A-Za-z0-9_@%+:,./-]+$/ : /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*$/;
  return plain.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function invalid(message: string): MtuiError {
  return new MtuiError("params.invalid", message, {
    hint: 'Give the command as words, and shell syntax as: sh -c "..."',
  });
}
