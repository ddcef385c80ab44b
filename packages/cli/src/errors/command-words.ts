import { MtuiError } from "@mtui/core/protocol";
import type { Command } from "../command/catalogue.ts";
import { parametersOf } from "../command/parameters.ts";

/**
 * What the daemon has against a parameter, in the words of the command line: people typed `--type`, not `types.0`.
 * Any other error is left as it is.
 */
export function inCommandWords(error: MtuiError, { words, entry }: Command): MtuiError {
  const { operation, parameter } = error.data ?? {};
  if (error.kind !== "params.invalid" || operation !== entry.name || typeof parameter !== "string")
    return error;
  const [name = ""] = parameter.split(".");
  const known = parametersOf(entry).find((each) => each.name === name);
  if (known === undefined) return error;
  const message = error.message
    .replace(`${entry.name}: `, "")
    .replaceAll(
      `parameter ${parameter}`,
      known.option === null ? known.label : known.option.replace(/ <.*/, ""),
    );
  return new MtuiError("params.invalid", message, {
    hint: `Its options: mtuictl help ${words}`,
    data: { operation, parameter },
  });
}
