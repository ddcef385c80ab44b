import type { Tool } from "@modelcontextprotocol/server";
import type { OperationEntry, ParamSchema, ResultSchema } from "@mtui/core/protocol";
import { takesTemplate } from "./old-forms.ts";
import { inToolWords } from "./wording.ts";

/** The same on every tool that has them, and explained once, by the server's instructions. */
const COMMON: Readonly<Record<string, ParamSchema>> = {
  workspace: { type: "string", default: "default" },
  background: { type: "boolean", description: "answer with a job at once" },
  hosts: { type: "array", items: { type: "string" }, description: "default: all" },
};

const TEMPLATE: ParamSchema = { type: "string", description: "RRID: its workspace" };

/**
 * The registry's parameters as a tool declares them. A model reads all of it before it begins, so what
 * says nothing is left out: grammars and bounds of length (they are checked all the same), defaults that everybody expects.
 */
export function inputSchema(entry: OperationEntry): Tool["inputSchema"] {
  const properties: Record<string, ParamSchema> = {};
  for (const [name, schema] of Object.entries(entry.params.properties))
    properties[name] = commonForm(name, schema) ?? slim(schema, entry);
  if (takesTemplate(entry)) properties["template"] = TEMPLATE;
  const { required } = entry.params;
  return {
    type: "object",
    // The SDK takes any JSON here, but only by an index signature, which readonly schemas do not have.
    properties: properties as unknown as NonNullable<Tool["inputSchema"]["properties"]>,
    ...(required.length === 0 ? {} : { required: [...required] }),
    additionalProperties: false,
  };
}

/** What the tool promises: the registry's result, open, and `omitted` where a reply had to leave something out. */
export function outputSchema(result: ResultSchema | null | undefined): Tool["outputSchema"] {
  if (result === null || result === undefined) return undefined;
  const properties = { ...result.properties, omitted: { type: "object" } };
  return { ...result, properties };
}

/** Null where the name means something else than on the other tools. */
function commonForm(name: string, schema: ParamSchema): ParamSchema | null {
  const other =
    (name === "hosts" && !schema.description?.includes("default: all of the workspace")) ||
    (name === "workspace" && schema.default === undefined);
  return other ? null : (COMMON[name] ?? null);
}

function slim(schema: ParamSchema, entry: OperationEntry): ParamSchema {
  const { description, default: preset, ...rest } = schema;
  const kept: Record<string, unknown> = { type: rest.type };
  if (rest.type === "array") {
    kept["items"] = slim(rest.items, entry);
    if (rest.minItems !== undefined) kept["minItems"] = rest.minItems;
  } else {
    for (const key of ["enum", "minimum", "maximum"] as const)
      if (rest[key] !== undefined) kept[key] = rest[key];
  }
  if (preset !== undefined && preset !== false && !Array.isArray(preset)) kept["default"] = preset;
  if (description !== undefined) kept["description"] = inToolWords(description, entry);
  // Copied key by key from a schema of that type.
  return kept as unknown as ParamSchema;
}
