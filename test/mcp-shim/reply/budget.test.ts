import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MtuiError, type ErrorKind } from "@mtui/core/protocol";
import { buildCommandTable, OPERATIONS } from "@mtui/core/registry";
import { MAPS } from "../../../packages/mcp-shim/src/reply/fit/fit-value.ts";
import { failureOf, LEAST_BUDGET, replyOf } from "../../../packages/mcp-shim/src/reply/index.ts";
import { resultOf } from "./from-schema.ts";

/* fast-check prints seed and path of a failure; pass them to fc.assert to replay it. */

const table = buildCommandTable("0.1.0");
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
/** Items of the longest lists. */
const scale = process.env["MTUI_LONG"] === undefined ? 6 : 10;
const runs = process.env["MTUI_LONG"] === undefined ? 8 : 60;

function textOf(reply: ReturnType<typeof replyOf>): string {
  const [first] = reply.content;
  return first?.type === "text" ? first.text : "";
}

/** What both parts come to on the wire. */
function sizeOf(reply: ReturnType<typeof replyOf>): number {
  return Buffer.byteLength(JSON.stringify(reply));
}

describe.each(
  OPERATIONS.filter(({ name }) => name !== "hello").map((operation) => [operation.name, operation] as const),
)("%s", (name, operation) => {
  test("a reply is within the budget, says something, is clean, and keeps its schema", () => {
    const budget = fc.integer({ min: LEAST_BUDGET, max: 30_000 });
    fc.assert(
      fc.property(resultOf(operation, scale), budget, (result, bytes) => {
        const context = { operation: name, params: { workspace: "default" }, budget: bytes, table };
        const reply = replyOf(result, context);
        const text = textOf(reply);
        expect(sizeOf(reply)).toBeLessThanOrEqual(bytes);
        expect(text.trim()).not.toBe("");
        expect(text.isWellFormed()).toBe(true);
        expect(JSON.stringify(reply)).not.toMatch(/\\ud[89a-f][0-9a-f]{2}/i);
        expect(text).not.toMatch(CONTROLS);
        const checked = operation.result.safeParse(reply.structuredContent);
        expect(checked.success ? [] : checked.error.issues).toEqual([]);
      }),
      { numRuns: runs, endOnFailure: process.env["MTUI_SHRINK"] === undefined },
    );
  });
});

test("a failure is within the budget, whatever it carries", () => {
  const kinds = fc.constantFrom<ErrorKind>("host.busy", "operation.failed", "internal");
  const facts = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(kinds, fc.string({ maxLength: 50_000, size: "max" }), facts, (kind, text, data) => {
      const error = new MtuiError(kind, text, { hint: text, data });
      const reply = failureOf(error, { operation: "run", params: {}, budget: 5000, table });
      expect(sizeOf(reply)).toBeLessThanOrEqual(5000);
      expect(textOf(reply).startsWith(`${kind}: `)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("the maps that may lose entries are all that the registry has", () => {
  const found = new Set<string>();
  const walk = (schema: unknown, name: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    const { additionalProperties, properties } = schema as Record<string, unknown>;
    if (typeof additionalProperties === "object" && properties === undefined) found.add(name);
    for (const [key, value] of Object.entries(schema)) {
      if (key === "properties")
        for (const [each, inner] of Object.entries(value as object)) walk(inner, each);
      else if (Array.isArray(value)) for (const inner of value) walk(inner, name);
      else walk(value, key === "additionalProperties" || key === "items" ? name : name);
    }
  };
  for (const { result } of OPERATIONS)
    walk(result.toJSONSchema({ io: "output", unrepresentable: "any" }), "");
  expect([...found].filter((name) => !MAPS.has(name))).toEqual([]);
});
