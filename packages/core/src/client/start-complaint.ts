import { ERROR_KINDS, MtuiError } from "../protocol/errors.ts";

/** What `mtuid` ends with when its configuration is wrong. */
export const EXIT_CONFIG = ERROR_KINDS["config.invalid"].exit;

/**
 * The configuration error in what a daemon printed before it ended: `mtuid: MESSAGE`, which may go on
 * for some lines, then the hint, indented.
 * @returns null when there is none
 */
export function configComplaint(lines: readonly string[]): MtuiError | null {
  const start = lines.findIndex((line) => line.startsWith("mtuid: "));
  if (start < 0) return null;
  const said = lines.slice(start).filter((line) => line !== "");
  const isHint = (line: string): boolean => line.startsWith("  ");
  const message = said.filter((line) => !isHint(line)).join("\n");
  const hint = said.filter(isHint).map((line) => line.trim());
  return new MtuiError("config.invalid", message.slice("mtuid: ".length), {
    hint: hint.length > 0 ? hint.join("\n") : "See why: mtuid --foreground",
  });
}
