import { describe, expect, it } from "vitest";
import {
  type HostVerdict,
  hostVerdict,
  type PackageVerdict,
  packageVerdict,
  type SeenVersion,
  updateVerdict,
} from "@mtui/core/domain";

const [old, wanted, newer] = ["2.4.0-1", "2.4.1-3.6.1", "2.4.2-1"];
const failed = undefined;

describe("verdict of a package", () => {
  const rows: [
    string,
    { before: SeenVersion; after: SeenVersion; newpackage?: boolean; leftOut?: boolean },
    PackageVerdict,
  ][] = [
    ["older, then required", { before: old, after: wanted }, "PASSED"],
    ["older, then newer", { before: old, after: newer }, "PASSED"],
    ["required before", { before: wanted, after: wanted }, "NOT_TESTED"],
    ["newer before", { before: newer, after: newer }, "NOT_TESTED"],
    ["required before, gone after", { before: wanted, after: null }, "NOT_TESTED"],
    ["absent, then required, asked for", { before: null, after: wanted, newpackage: true }, "PASSED"],
    ["absent, then required", { before: null, after: wanted }, "NOT_TESTED"],
    ["query before failed", { before: failed, after: wanted }, "UNKNOWN"],
    ["query after failed", { before: old, after: failed }, "UNKNOWN"],
    ["query after failed, required before", { before: wanted, after: failed }, "UNKNOWN"],
    ["not updated", { before: old, after: old }, "FAILED"],
    ["updated, but not far enough", { before: "1-1", after: old }, "FAILED"],
    ["older, then gone", { before: old, after: null }, "FAILED"],
    ["never there", { before: null, after: null }, "FAILED"],
    ["never there, asked for", { before: null, after: null, newpackage: true }, "FAILED"],
    ["absent, then too old", { before: null, after: old, newpackage: true }, "FAILED"],
    ["not available", { before: null, after: null, leftOut: true }, "NOT_TESTED"],
    ["left out, yet there and too old", { before: old, after: old, leftOut: true }, "FAILED"],
  ];
  it.each(rows)("%s", (_name, evidence, verdict) => {
    expect(packageVerdict({ required: wanted, newpackage: false, ...evidence })).toBe(verdict);
  });
});

describe("verdict of a host", () => {
  it.each<[Parameters<typeof hostVerdict>[0], PackageVerdict[], HostVerdict]>([
    ["ok", ["PASSED", "NOT_TESTED"], "PASSED"],
    ["ok", ["NOT_TESTED"], "NOT_TESTED"],
    ["ok", [], "NOT_TESTED"],
    ["ok", ["PASSED", "FAILED"], "FAILED"],
    ["ok", ["PASSED", "UNKNOWN"], "NOT_TESTED"],
    ["ok", ["FAILED", "UNKNOWN"], "FAILED"],
    ["failed", ["PASSED"], "FAILED"],
    ["lost", ["PASSED"], "LOST"],
    ["notDone", [], "NOT_TESTED"],
  ])("step %s with %j is %s", (step, packages, verdict) => {
    expect(hostVerdict(step, packages)).toBe(verdict);
  });
});

describe("verdict of an update", () => {
  it.each<[HostVerdict[][], string]>([
    [[["PASSED"], ["PASSED"]], "PASSED"],
    [[["FAILED", "PASSED"]], "PASSED"],
    [[["PASSED"], []], "INCOMPLETE"],
    [[["PASSED"], ["NOT_TESTED"]], "INCOMPLETE"],
    [[], "INCOMPLETE"],
    [[["PASSED"], ["FAILED"]], "FAILED"],
    [[[], ["FAILED"]], "FAILED"],
    [[["PASSED"], ["LOST"]], "FAILED"],
    [[["NOT_TESTED", "FAILED"]], "FAILED"],
  ])("%j is %s", (slots, verdict) => {
    expect(updateVerdict(slots.map((hosts) => ({ hosts })))).toBe(verdict);
  });
});
