import { requiredPackages } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";

const packages = {
  "12": { b: "12", c: "12" },
  "12-SP5": { a: "12-SP5", b: "12-SP5" },
  "15-SP6": { a: "15-SP6" },
};

describe("requiredPackages", () => {
  it.each([
    ["15-SP6", { a: "15-SP6" }],
    ["15-SP7", {}],
    ["12-SP5", { a: "12-SP5", b: "12", c: "12" }],
    ["12-SP3", { b: "12", c: "12" }],
    ["constructor", {}],
  ])("of %s are not the union", (version, expected) => {
    expect(requiredPackages({ packages }, version)).toEqual(expected);
  });

  it("standard alone is for every version, and one of several is for none", () => {
    expect(requiredPackages({ packages: { standard: { a: "1" } } }, "16.0")).toEqual({ a: "1" });
    expect(requiredPackages({ packages: { standard: { a: "1" }, "15-SP6": {} } }, "16.0")).toEqual({});
  });

  it("changes nothing in the report, and gives a copy", () => {
    const before = structuredClone(packages);
    const required = requiredPackages({ packages }, "12-SP5");
    required["new"] = "1";
    requiredPackages({ packages: packages }, "15-SP6")["a"] = "changed";
    expect(packages).toEqual(before);
  });
});
