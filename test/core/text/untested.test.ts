import { expect, test } from "vitest";
import { untestedWords, wasThere } from "@mtui/core/text";

type Seen = Parameters<typeof untestedWords>[0]["packages"][number];

const seen = (name: string, fields: Partial<Seen>): Seen => ({
  name,
  before: null,
  after: null,
  verdict: "NOT_TESTED",
  ...fields,
});
const passed = (name: string): Seen => seen(name, { before: "1", after: "2", verdict: "PASSED" });
const there = (name: string): Seen => seen(name, { before: "2", after: "2" });

test.each<[string, Seen[], string]>([
  ["all there before", [there("a"), there("b")], "the update was installed there before"],
  [
    "newer than required before",
    [seen("a", { before: "3", after: "3" })],
    "the update was installed there before",
  ],
  [
    "new packages",
    [seen("a", { after: "2" })],
    "its packages were not installed before, and new ones count with --newpackage alone",
  ],
  ["none is offered", [seen("a", { note: "not available" })], "no enabled repository offers its packages"],
  ["none is prepared", [seen("a", { note: "not prepared" })], "its packages are left out of prepare"],
  ["nobody could ask", [seen("a", { verdict: "UNKNOWN" })], "versions could not be asked"],
  ["one could not be asked", [passed("a"), seen("b", { verdict: "UNKNOWN" })], "b: could not be asked"],
  ["no package is required", [], "the report requires no package there"],
  [
    "several reasons",
    [there("a"), there("b"), seen("c", { note: "not available" }), seen("d", { after: "2" })],
    "a, b: installed there before; c: not available in any enabled repository; " +
      "d: not installed before, and new ones count with --newpackage alone",
  ],
  [
    "many packages",
    [...["a", "b", "c", "d", "e", "f", "g"].map(there), seen("h", { note: "not prepared" })],
    "a, b, c, d, e and 2 more: installed there before; h: left out of prepare",
  ],
])("why nothing was tested: %s", (_name, packages, words) => {
  expect(untestedWords({ verdict: "NOT_TESTED", packages })).toBe(words);
});

test("another verdict needs no such reason", () => {
  for (const verdict of ["PASSED", "FAILED", "LOST"])
    expect(untestedWords({ verdict, packages: [there("a")] })).toBeNull();
});

test("a downgrade helps only where all that the update brings was there", () => {
  const is = (packages: Seen[], verdict = "NOT_TESTED") => wasThere({ verdict, packages });
  expect(is([there("a"), there("b")])).toBe(true);
  expect(is([there("a"), seen("b", { note: "not available" })])).toBe(false);
  expect(is([])).toBe(false);
  expect(is([there("a")], "PASSED")).toBe(false);
});
