import { oneLine } from "@mtui/core/text";
import type { Part } from "./part.ts";

interface ErrorLike {
  readonly kind: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly retryable?: boolean;
}

/** `kind: message (what to do)`: an error inside a result, on one line. */
export function errorText({ kind, message, hint }: ErrorLike): string {
  return `${oneLine(kind)}: ${oneLine(message)}${hint === undefined ? "" : ` (${oneLine(hint)})`}`;
}

export function warningLines(warnings: readonly string[]): Part[] {
  return [...new Set(warnings)].map((text) => `warning: ${oneLine(text)}`);
}
