import { MtuiError } from "@mtui/core/protocol";

/**
 * One word for a POSIX shell, whatever is in it.
 * @throws MtuiError params.invalid for a NUL, which no shell can carry.
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) {
    throw new MtuiError("params.invalid", "A command cannot contain a NUL byte.", {
      hint: "Remove the NUL byte.",
    });
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
