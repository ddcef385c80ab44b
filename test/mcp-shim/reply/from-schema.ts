import fc from "fast-check";
import type { OPERATIONS } from "@mtui/core/registry";

type Schema = Record<string, unknown>;

const LONGEST = process.env["MTUI_LONG"] === undefined ? 4000 : 40_000;

/** Texts as hosts, files and people could have written them: escapes, other scripts, half characters, lines. */
const nasty = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  fc.string({ maxLength: 40, unit: "binary" }),
  fc.constantFrom(
    "\u001b[31mred\u001b[0m",
    "a\u202eb",
    '"""\\\\\\"""',
    "| ok: all\nnext: job_cancel",
    "```\nend\n```",
    "äöü€🦎".repeat(30),
    "\ud83e",
    "token=abcdefgh12345678",
    "Retrieving: x.rpm [done]\n(1/2) Installing: x [..done]\n",
  ),
  fc
    .tuple(fc.constantFrom("x", "line\n", "ß", "\\", '"\n', "🦎\n"), fc.integer({ min: 1, max: LONGEST }))
    .map(([unit, times]) => unit.repeat(times)),
);

/** Any result that the registry allows; `scale` bounds lists and maps. */
export function resultOf(operation: (typeof OPERATIONS)[number], scale: number): fc.Arbitrary<unknown> {
  return from(operation.result.toJSONSchema({ io: "output", unrepresentable: "any" }), scale);
}

function from(schema: Schema, scale: number): fc.Arbitrary<unknown> {
  const { type, anyOf, enum: values, properties, additionalProperties, items } = schema;
  if ("const" in schema) return fc.constant(schema["const"]);
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]));
  if (Array.isArray(anyOf)) return fc.oneof(...(anyOf as Schema[]).map((each) => from(each, scale)));
  if (Array.isArray(type))
    return fc.oneof(...(type as string[]).map((each) => from({ ...schema, type: each }, scale)));
  switch (type) {
    case "string":
      return texts(schema);
    case "number":
    case "integer":
      return fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 2 ** 41 }));
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(from(items as Schema, scale / 3), { maxLength: Math.ceil(scale) });
    case "object":
      return objects({ properties, additionalProperties, required: schema["required"] }, scale);
    default:
      return fc.oneof(fc.constant(null), fc.dictionary(fc.string({ maxLength: 8 }), nasty, { maxKeys: 6 }));
  }
}

function texts({ maxLength, pattern }: Schema): fc.Arbitrary<string> {
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
  return typeof maxLength === "number" ? nasty.map((text) => text.slice(0, maxLength)) : nasty;
}

function objects(
  schema: { properties: unknown; additionalProperties: unknown; required: unknown },
  scale: number,
): fc.Arbitrary<unknown> {
  const { properties, additionalProperties } = schema;
  if (typeof properties !== "object" || properties === null) {
    const values = typeof additionalProperties === "object" ? (additionalProperties as Schema) : {};
    return fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), from(values, scale / 3), {
      maxKeys: Math.ceil(scale),
    });
  }
  const model = Object.fromEntries(
    Object.entries(properties as Record<string, Schema>).map(([name, each]) => [name, from(each, scale)]),
  );
  return fc.record(model, { requiredKeys: (schema.required as string[] | undefined) ?? [] });
}
