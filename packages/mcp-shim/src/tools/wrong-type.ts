import type { ParamSchema, ScalarSchema } from "@mtui/core/protocol";
import { nearest } from "@mtui/core/client";

interface Wrong {
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with a value, and what is wanted; null when it fits. Finer rules are the daemon's. */
export function wrongType(
  name: string,
  { schema, value }: { schema: ParamSchema; value: unknown },
): Wrong | null {
  if (schema.type !== "array") return wrongScalar(name, { schema, value });
  const example = exampleOf(schema.items);
  if (!Array.isArray(value)) {
    const fix = fits(schema.items, value) ? JSON.stringify(asArray(name, value)) : `[${example}, ...]`;
    return {
      message: `${name} wants an array of ${schema.items.type}s, not ${typeName(value)}.`,
      hint: `${name}=${fix}`,
    };
  }
  if (value.length < (schema.minItems ?? 0))
    return { message: `${name} is empty.`, hint: `${name}=[${example}]` };
  if (schema.maxItems !== undefined && value.length > schema.maxItems)
    return { message: `${name} has ${value.length} values.`, hint: `At most ${schema.maxItems}.` };
  for (const [index, item] of value.entries()) {
    const wrong = wrongScalar(`${name}[${index}]`, { schema: schema.items, value: item });
    if (wrong !== null) return wrong;
  }
  return null;
}

function wrongScalar(
  name: string,
  { schema, value }: { schema: ScalarSchema; value: unknown },
): Wrong | null {
  if (!fits(schema, value)) {
    const wanted = schema.type === "integer" ? "a whole number" : `a ${schema.type}`;
    return {
      message: `${name} wants ${wanted}, not ${typeName(value)}.`,
      hint: `${name}=${exampleOf(schema)}`,
    };
  }
  if (schema.enum !== undefined && typeof value === "string" && !schema.enum.includes(value)) {
    const guess = nearest(value, schema.enum);
    const all = `It is one of ${schema.enum.join(", ")}.`;
    return {
      message: `${name} cannot be ${JSON.stringify(value.slice(0, 80))}.`,
      hint: guess === null ? all : `Did you mean ${guess}? ${all}`,
    };
  }
  if (typeof value === "number") {
    if (schema.minimum !== undefined && value < schema.minimum)
      return { message: `${name} is ${value}.`, hint: `At least ${schema.minimum}.` };
    if (schema.maximum !== undefined && value > schema.maximum)
      return { message: `${name} is ${value}.`, hint: `At most ${schema.maximum}.` };
  }
  return null;
}

/** The hint has to work: a whole command line is no name of a program, a list no name of a host. */
function asArray(name: string, value: unknown): unknown[] {
  if (typeof value !== "string") return [value];
  if (name === "command") return /\s/.test(value.trim()) ? ["sh", "-c", value] : [value];
  const words = value.split(/[\s,]+/).filter((word) => word !== "");
  return words.length === 0 ? [value] : words;
}

function fits({ type }: ScalarSchema, value: unknown): boolean {
  if (type === "integer") return Number.isSafeInteger(value);
  if (type === "number") return typeof value === "number" && Number.isFinite(value);
  return typeof value === type;
}

function exampleOf({ type, enum: choices }: ScalarSchema): string {
  if (type === "string") return JSON.stringify(choices?.[0] ?? "...");
  return type === "boolean" ? "true" : "5";
}

function typeName(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return value === null ? "null" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
