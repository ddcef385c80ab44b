import { nearest } from "@mtui/core/client";
import { MtuiError, type OperationEntry } from "@mtui/core/protocol";
import { isWithoutEffect, newName, refusalOf, takesTemplate } from "./old-forms.ts";
import { wrongType } from "./wrong-type.ts";

export interface CheckedArguments {
  /** For the daemon, under the registry's names. */
  readonly params: Record<string, unknown>;
  /** The RRID whose workspace is meant, in place of its name. */
  readonly template: string | null;
}

/**
 * What an agent sent, checked before anything is asked of the daemon: an argument that is not known is
 * refused and never ignored, because a mistyped `hosts` would mean all of them.
 * @throws MtuiError `params.invalid`
 */
export function checkArguments(
  entry: OperationEntry,
  args: Readonly<Record<string, unknown>>,
): CheckedArguments {
  const { properties, required } = entry.params;
  const params: Record<string, unknown> = {};
  let template: string | null = null;
  for (const [given, value] of Object.entries(args)) {
    // `null` is how some clients say that they have nothing to say.
    if (value === null || value === undefined) continue;
    const name = newName(given, entry) ?? given;
    if (name === "template" && takesTemplate(entry)) {
      if (typeof value !== "string" || value === "")
        throw invalid("template wants an RRID.", { hint: RRID, given });
      template = value.trim();
      continue;
    }
    if (isWithoutEffect(given, { value, entry })) continue;
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (schema === undefined) throw unknown(given, entry);
    if (Object.hasOwn(params, name))
      throw invalid(`${given} and ${name} are the same argument of ${entry.name}.`, {
        hint: "Give one of them.",
        given,
      });
    // One job where several may be named.
    const fitting = name !== given && schema.type === "array" && !Array.isArray(value) ? [value] : value;
    const wrong = wrongType(name, { schema, value: fitting });
    if (wrong !== null) throw invalid(wrong.message, { hint: wrong.hint, given });
    params[name] = fitting;
  }
  const missing = required.find((name) => !Object.hasOwn(params, name));
  if (missing !== undefined) throw missingArgument(missing, entry);
  return { params, template };
}

const RRID = 'template="SUSE:Maintenance:31337:298765"';

function unknown(name: string, entry: OperationEntry): MtuiError {
  const refusal = refusalOf(name, entry);
  if (refusal !== null) return invalid(refusal.message, { hint: refusal.hint, given: name });
  const known = [...Object.keys(entry.params.properties), ...(takesTemplate(entry) ? ["template"] : [])];
  const guess = nearest(name, known);
  const takes = known.length === 0 ? "It takes none." : `It takes ${known.join(", ")}.`;
  const message = `${entry.name} has no argument ${JSON.stringify(name.slice(0, 80))}.`;
  return invalid(message, { hint: guess === null ? takes : `Did you mean ${guess}? ${takes}`, given: name });
}

function missingArgument(name: string, entry: OperationEntry): MtuiError {
  const schema = entry.params.properties[name];
  const about = schema?.description === undefined ? "" : `: ${schema.description}`;
  return invalid(`${entry.name} wants ${name}${about}.`, {
    hint: `It takes ${Object.keys(entry.params.properties).join(", ")}.`,
    given: name,
  });
}

function invalid(message: string, { hint, given }: { hint: string; given: string }): MtuiError {
  return new MtuiError("params.invalid", message, { hint, data: { parameter: given.slice(0, 80) } });
}
