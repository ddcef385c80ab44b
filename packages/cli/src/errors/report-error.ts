import { oneLine, sanitise } from "../terminal/sanitise.ts";
import type { Style } from "../terminal/style.ts";

/** `ErrorReport`, also as the schemas of results spell it. */
export interface ErrorLike {
  readonly kind: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** An error for people: kind and message on one line, what to do next on the second. */
export function errorLines(error: ErrorLike, style: Style): string[] {
  const [first = "", ...more] = sanitise(error.message).split("\n");
  const lines = [`${style.inverse(style.red(" ERR "))} ${style.red(oneLine(error.kind))}  ${first}`];
  for (const line of more) lines.push(`      ${line}`);
  if (error.hint !== undefined) {
    for (const line of sanitise(error.hint).split("\n")) lines.push(`      ${line}`);
  }
  return lines;
}

/** The same inside a result: one line, the hint behind it. */
export function errorLine(error: ErrorLike): string {
  const hint = error.hint === undefined ? "" : ` (${oneLine(error.hint)})`;
  return `${oneLine(error.kind)}: ${oneLine(error.message)}${hint}`;
}
