import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { buildToolTable, OPERATIONS } from "@mtui/core/registry";
import {
  CORE,
  INSTRUCTIONS,
  offered,
  type Profile,
  toolsOf,
} from "../../../packages/mcp-shim/src/tools/index.ts";

const TABLE = buildToolTable("0.1.0");

function list(profile: Profile, { add = [], deny = [] }: { add?: string[]; deny?: string[] } = {}) {
  return toolsOf(offered(TABLE, { profile, add, deny }), TABLE);
}

const names = (...args: Parameters<typeof list>): string[] => list(...args).map(({ name }) => name);

describe("what a model reads before it begins", () => {
  test.each([
    ["core", 20_000],
    ["full", 40_000],
    ["read-only", 40_000],
  ] as const)("names, descriptions and input schemas of %s are at most %i bytes", (profile, limit) => {
    const tools = list(profile);
    const input = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    const bytes = Buffer.byteLength(JSON.stringify(input));
    const output = Buffer.byteLength(JSON.stringify(tools.map(({ outputSchema }) => outputSchema)));
    console.info(`${profile}: ${tools.length} tools, ${bytes} bytes; output schemas ${output} bytes`);
    expect(bytes).toBeLessThanOrEqual(limit);
  });

  test("the instructions are under 300 words and name only tools that the core profile has", () => {
    expect(INSTRUCTIONS.split(/\s+/).filter(Boolean).length).toBeLessThan(300);
    const known = new Set(TABLE.operations.map(({ name }) => name));
    const named = [...INSTRUCTIONS.matchAll(/\b[a-z]+_[a-z]+\b/g)]
      .map(([word]) => word)
      .filter((word) => known.has(word));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !CORE.includes(name))).toEqual([]);
  });
});

describe("profiles", () => {
  test("every name of the core profile is a tool", () => {
    expect(CORE.filter((name) => !names("full").includes(name))).toEqual([]);
    expect(names("core")).toHaveLength(CORE.length);
  });

  test("read-only has nothing that changes anything", () => {
    const effects = new Map<string, string>(OPERATIONS.map(({ name, effect }) => [name, effect]));
    expect(names("read-only").map((name) => effects.get(name))).toEqual(names("read-only").map(() => "read"));
    expect(names("read-only")).toContain("job_wait");
  });

  test("allowed tools come on top, denied ones go whatever else is said", () => {
    expect(names("core")).not.toContain("reboot");
    expect(names("core", { add: ["reboot"] })).toContain("reboot");
    expect(names("core", { add: ["reboot"], deny: ["reboot", "run"] })).not.toContain("reboot");
    expect(names("core", { deny: ["run"] })).not.toContain("run");
  });

  test("stopping the daemon, and what clients say among themselves, is offered to no agent", () => {
    for (const name of ["daemon_stop", "hello", "heartbeat"]) expect(names("full")).not.toContain(name);
  });

  test("the list is the same each time, in the registry's order", () => {
    expect(JSON.stringify(list("full"))).toBe(JSON.stringify(list("full")));
    const order: string[] = OPERATIONS.map(({ name }) => name);
    expect(names("full")).toEqual(order.filter((name) => names("full").includes(name)));
  });
});

describe("tools", () => {
  const tools = new Map(list("full").map((tool) => [tool.name, tool]));

  test("input schemas are closed, and every tool has a description and a promise", () => {
    for (const tool of tools.values()) {
      expect(tool.inputSchema).toMatchObject({ type: "object", additionalProperties: false });
      expect(tool.description).toMatch(/\S/);
      expect(tool.outputSchema, tool.name).toMatchObject({
        type: "object",
        properties: { omitted: { type: "object" } },
      });
      expect(JSON.stringify(tool.outputSchema)).not.toContain('additionalProperties":false');
    }
  });

  test("flags of a command line are arguments in a tool's words; other programs' options stay", () => {
    const words = [...tools.values()]
      .map((tool) => JSON.stringify([tool.description, tool.inputSchema]))
      .join("\n");
    expect(words.match(/--[a-z-]+/g) ?? []).toEqual(["--force-resolution"]);
    expect(tools.get("unlock")?.description).toContain("pool=true");
  });

  test.each([
    [
      "list_hosts",
      { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    ],
    ["update", { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false }],
    [
      "load_template",
      { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    ],
    ["takeover", { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: false }],
    [
      "job_cancel",
      { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
    ],
    ["run", { readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }],
  ])("%s says what it does to the world", (name, annotations) => {
    expect(tools.get(name)?.annotations).toEqual(annotations);
  });

  test("run", () => {
    expect(tools.get("run")?.inputSchema).toEqual({
      type: "object",
      properties: {
        command: {
          type: "array",
          items: { type: "string" },
          minItems: 1,
          description: 'argv; for shell syntax: ["sh","-c","..."]',
        },
        hosts: { type: "array", items: { type: "string" }, description: "default: all" },
        timeout: {
          type: "integer",
          minimum: 0,
          description: "seconds of silence before the command is ended; 0 = none",
        },
        wait: {
          type: "number",
          minimum: 0,
          description: "seconds to wait for busy hosts; 0 = fail at once; default: [lock] wait",
        },
        workspace: { type: "string", default: "default" },
        background: { type: "boolean", description: "answer with a job at once" },
        template: { type: "string", description: "RRID: its workspace" },
      },
      required: ["command"],
      additionalProperties: false,
    });
  });
});

test("the core profile is listed by name in docs/mcp.md", async () => {
  const page = await readFile(new URL("../../../docs/mcp.md", import.meta.url), "utf8");
  const listed = page.slice(page.indexOf("`core` has the work"), page.indexOf("* **Size.**"));
  const named = [...listed.matchAll(/`([a-z_]+)`/g)]
    .map(([, name]) => name)
    .filter((name) => name !== "core");
  expect(named).toEqual([...CORE]);
});
