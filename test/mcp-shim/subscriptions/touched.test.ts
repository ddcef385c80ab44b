import { expect, test } from "vitest";
import type { DaemonEvent } from "@mtui/core/registry";
import { touchesList, typesFor } from "../../../packages/mcp-shim/src/subscriptions/touched.ts";

const KNOWLEDGE = { namespace: "me", isIn: () => false };

test.each<[Partial<DaemonEvent> & { type: string }, boolean]>([
  [{ type: "job.state", workspace: "me/desk", data: { state: "queued", command: "run" } }, true],
  [{ type: "job.state", workspace: "me/desk", data: { state: "running" } }, false],
  [{ type: "job.state", workspace: "you/desk", data: { state: "queued", command: "run" } }, false],
  [{ type: "claim.granted", workspace: "me/desk" }, true],
  [{ type: "claim.granted", workspace: "me2/desk" }, false],
  [{ type: "claim.releasing", workspace: "me/desk" }, false],
  [{ type: "workspace.closed" }, false],
])("the list of resources: %j", (event, touched) => {
  expect(touchesList({ seq: 1, at: 0, ...event }, KNOWLEDGE)).toBe(touched);
});

test("the daemon takes every type that is asked for", () => {
  const types = typesFor(["queue", "output", "log", "report", "list"]);
  expect(types.length).toBeLessThanOrEqual(50);
  for (const type of types) expect(type).toMatch(/^[a-z]+\.(?:\*|[a-z-]+)$/);
  expect(new Set(types).size).toBe(types.length);
});
