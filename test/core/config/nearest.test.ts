import { nearest } from "@mtui/core/config";
import { expect, test } from "vitest";

test.each([
  { typed: "worksapce", known: ["workspace", "wait"], found: "workspace" },
  { typed: "list-host", known: ["list_hosts", "list_locks"], found: "list_hosts" },
  { typed: "HOSTS", known: ["hosts"], found: "hosts" },
  { typed: "zzz", known: ["workspace", "wait"], found: null },
  { typed: "", known: ["workspace"], found: null },
  { typed: "x".repeat(100_000), known: ["workspace"], found: null },
])("$typed of $known: $found", ({ typed, known, found }) => {
  expect(nearest(typed, known)).toBe(found);
});
