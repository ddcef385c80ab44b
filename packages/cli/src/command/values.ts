import type { ParamSchema, ScalarSchema } from "@mtui/core/protocol";
import { usageError } from "./usage-error.ts";

/**
 * One word of the command line as a value of the schema. The daemon checks again, and patterns it
 * checks alone: it can say in words what they mean. This is for an answer that names the option.
 * @param name how the option or argument was called on the command line
 * @throws MtuiError params.invalid
 */
export function readValue(
  word: string,
  { schema, name }: { schema: ScalarSchema; name: string },
): string | number {
  const refuse = (allowed: string): never => {
    throw usageError(`${name}: ${JSON.stringify(word)} is not allowed.`, `Allowed: ${allowed}.`);
  };
  if (schema.type === "number" || schema.type === "integer") return readNumber(word, { schema, refuse });
  if (schema.enum !== undefined && !schema.enum.includes(word)) refuse(schema.enum.join(", "));
  if (word.length < (schema.minLength ?? 0)) refuse("text that is not empty");
  return word;
}

/** The schema of one word given for a parameter. */
export function wordSchema(schema: ParamSchema): ScalarSchema {
  return schema.type === "array" ? schema.items : schema;
}

function readNumber(
  word: string,
  { schema, refuse }: { schema: ScalarSchema; refuse: (allowed: string) => never },
): number {
  const value = Number(word);
  const wrong =
    word.trim() === "" ||
    !Number.isFinite(value) ||
    (schema.type === "integer" && !Number.isSafeInteger(value)) ||
    value < (schema.minimum ?? Number.NEGATIVE_INFINITY) ||
    value > (schema.maximum ?? Number.POSITIVE_INFINITY);
  if (!wrong) return value;
  const kind = schema.type === "integer" ? "a whole number" : "a number";
  const from = schema.minimum === undefined ? "" : ` from ${schema.minimum}`;
  const to = schema.maximum === undefined ? "" : ` to ${schema.maximum}`;
  return refuse(kind + from + to);
}
