import { printable } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";

/** What a person gives as the reason, as one line that may be shown anywhere. @throws MtuiError params.invalid */
export function oneLineReason(text: string): string {
  const line = printable(text.replaceAll(/\s+/g, " ").trim(), 500);
  if (line !== "") return line;
  throw new MtuiError("params.invalid", "A reason is needed: the people who lose the host read it.", {
    hint: '--reason "I need it for ..."',
  });
}
