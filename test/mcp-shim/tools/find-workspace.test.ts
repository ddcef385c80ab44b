import { expect, test } from "vitest";
import { workspaceOf } from "../../../packages/mcp-shim/src/tools/find-workspace.ts";

const views = [
  { workspace: "me/one", rrid: "R:1" },
  { workspace: "me/two", rrid: "R:2" },
  { workspace: "me/also-two", rrid: "R:2" },
  { workspace: "me/empty", rrid: null },
  { workspace: "you/one", rrid: "R:1" },
  { workspace: "you/three", rrid: "R:3" },
];
const find = (rrid: string, asked?: string) => () => workspaceOf(rrid, { views, namespace: "me", asked });

test("the workspace of the own namespace that has the report", () => {
  expect(find("R:1")()).toBe("one");
});

test("named as well, it must be that one", () => {
  expect(find("R:2", "two")()).toBe("two");
  expect(find("R:2", "me/two")()).toBe("me/two");
  expect(find("R:1", "two")).toThrow(expect.objectContaining({ kind: "workspace.unknown" }));
});

test("several that have it are named", () => {
  expect(find("R:2")).toThrow(
    expect.objectContaining({
      kind: "params.invalid",
      message: expect.stringContaining("two, also-two"),
      hint: expect.stringContaining("workspace=two"),
    }),
  );
});

test("none: what there is, and how to get it; what others have is not there", () => {
  expect(find("R:3")).toThrow(
    expect.objectContaining({
      kind: "workspace.unknown",
      hint: "Loaded: R:1 (workspace one), R:2 (workspace two), R:2 (workspace also-two). Load it: load_template auto_review_id=R:3 workspace=NAME",
    }),
  );
});
