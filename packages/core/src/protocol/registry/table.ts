import { z } from "zod";
import type { CommandTable, ObjectSchema, OperationEntry, ParamSchema, ToolTable } from "../command-table.ts";
import { OPERATIONS, type Operation } from "./operations.ts";
import { buildResultSchemas } from "./result-schemas.ts";

/** Spoken by the client library alone; neither a command nor a tool. */
const INTERNAL: ReadonlySet<string> = new Set(["hello", "heartbeat"]);

const KEPT = [
  "type",
  "description",
  "default",
  "enum",
  "pattern",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "minItems",
  "maxItems",
] as const;

/**
 * The registry as plain data for clients.
 * @throws Error when an operation has a parameter that neither a command line nor a flat tool
 *   schema can say; that is a mistake in the registry.
 */
export function buildCommandTable(version: string): CommandTable {
  return {
    version,
    operations: OPERATIONS.filter((operation) => !INTERNAL.has(operation.name)).map(entryOf),
  };
}

/** The same with what operations answer, for `mtui-mcp`. */
export function buildToolTable(version: string): ToolTable {
  return { ...buildCommandTable(version), results: buildResultSchemas() };
}

function entryOf(operation: Operation): OperationEntry {
  const { name, summary, scope, effect, slow, cli } = operation;
  return { name, summary, scope, effect, slow, params: paramsOf(operation), cli };
}

function paramsOf(operation: Operation): ObjectSchema {
  const schema = z.toJSONSchema(operation.params, { io: "input" });
  const properties: Record<string, ParamSchema> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    properties[name] = reduce(property, `${operation.name}.${name}`);
  }
  return { type: "object", properties, required: schema.required ?? [], additionalProperties: false };
}

function reduce(schema: unknown, where: string): ParamSchema {
  if (!isRecord(schema)) throw new Error(`${where}: not a schema`);
  const kept: Record<string, unknown> = {};
  for (const key of KEPT) {
    // zod writes the safe integers as bounds of every integer; they say nothing to a reader.
    if (Math.abs(Number(schema[key])) === Number.MAX_SAFE_INTEGER) continue;
    if (schema[key] !== undefined) kept[key] = schema[key];
  }
  if (schema.type === "array") kept.items = reduce(schema.items, `${where}[]`);
  if (!isParamSchema(kept)) throw new Error(`${where}: clients cannot express ${JSON.stringify(schema)}`);
  return kept;
}

function isParamSchema(schema: Record<string, unknown>): schema is Record<string, unknown> & ParamSchema {
  if (schema.type === "array") return isRecord(schema.items) && schema.items.type !== "array";
  return ["string", "number", "integer", "boolean"].includes(String(schema.type));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
