import { MtuiError } from "@mtui/core/protocol";

/** What was typed cannot be run: exit code 2. */
export function usageError(message: string, hint?: string): MtuiError {
  return new MtuiError("params.invalid", message, hint === undefined ? {} : { hint });
}
