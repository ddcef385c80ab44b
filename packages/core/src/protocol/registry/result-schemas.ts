import { z } from "zod";
import type { ResultSchema } from "../command-table.ts";
import { OPERATIONS } from "./operations.ts";

/**
 * What operations answer, as JSON Schema, for clients that promise it to others: the tools of `mtui-mcp`.
 * Open (a later daemon may say more) and without descriptions, which the reader of an answer hardly needs.
 * `null` for operations that do not answer with an object.
 */
export function buildResultSchemas(): Record<string, ResultSchema | null> {
  const schemas: Record<string, ResultSchema | null> = {};
  for (const { name, result } of OPERATIONS) {
    const reduced = reduce(z.toJSONSchema(result, { io: "output", unrepresentable: "any" }));
    schemas[name] = isObjectSchema(reduced) ? reduced : null;
  }
  return schemas;
}

/** Said of each schema anyway, or of no use to who reads an answer. */
const DROPPED: ReadonlySet<string> = new Set([
  "$schema",
  "description",
  "additionalProperties",
  "propertyNames",
  "default",
]);

/** Part of every job and far bigger than the rest of it: said in full by `list_queue` alone. */
const OPAQUE = "ticket";

function reduce(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(reduce);
  if (!isRecord(schema)) return schema;
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER) continue;
    if (key === "properties") kept[key] = mapValues(value, propertyOf);
    else if (key === "additionalProperties" && isRecord(value) && Object.keys(value).length > 0)
      kept[key] = reduce(value);
    else if (!DROPPED.has(key)) kept[key] = reduce(value);
  }
  return flattened(kept);
}

function propertyOf(schema: unknown, name: string): unknown {
  return name === OPAQUE ? { type: ["object", "null"] } : reduce(schema);
}

/** `anyOf: [{type: T}, {type: "null"}]` is `type: [T, "null"]`, where T says no more than its type. */
function flattened(schema: Record<string, unknown>): Record<string, unknown> {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema;
  const [one, other] = anyOf as Record<string, unknown>[];
  if (other?.["type"] !== "null" || typeof one?.["type"] !== "string" || "enum" in one) return schema;
  return { ...rest, ...one, type: [one["type"], "null"] };
}

function mapValues(record: unknown, map: (value: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record as object).map(([key, value]) => [key, map(value, key)]));
}

function isObjectSchema(schema: unknown): schema is ResultSchema {
  return isRecord(schema) && schema["type"] === "object";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
