import { compareRpmVersions } from "@mtui/core/domain";
import { array, assert, constantFrom, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { rpmVersionCases } from "./rpm-version-cases.ts";

describe("compareRpmVersions", () => {
  it.each(rpmVersionCases)("%s %s is %i", (a, b, order) => {
    expect(compareRpmVersions(a, b)).toBe(order);
    expect(compareRpmVersions(b, a)).toBe(order === 0 ? 0 : -order);
  });

  it("reads the epoch that rpm prints where there is none", () => {
    expect(compareRpmVersions("(none):2.0-1", "2.0-1")).toBe(0);
    expect(compareRpmVersions("(none):2.0-1", "1:0.1-1")).toBe(-1);
  });

  it("compares digits that no number could hold", () => {
    const long = "9".repeat(5000);
    expect(compareRpmVersions(`1.${long}`, `1.1${long}`)).toBe(-1);
    expect(compareRpmVersions(`1.000${long}`, `1.${long}`)).toBe(0);
  });

  it.each(["", "  "])("refuses the empty text %j", (empty) => {
    expect(() => compareRpmVersions(empty, "1")).toThrow(expect.objectContaining({ kind: "params.invalid" }));
    expect(() => compareRpmVersions("1", empty)).toThrow(expect.objectContaining({ kind: "params.invalid" }));
  });

  const version = array(
    constantFrom("0", "1", "2", "10", "01", "a", "b", "ab", ".", "-", "~", "^", ":", "_", "é"),
    {
      minLength: 1,
      maxLength: 7,
    },
  ).map((parts) => parts.join(""));

  it("is antisymmetric, and equal to itself", () => {
    assert(
      property(version, version, (a, b) => {
        expect(compareRpmVersions(a, a)).toBe(0);
        expect(compareRpmVersions(a, b) + compareRpmVersions(b, a)).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it("is transitive", () => {
    assert(
      property(version, version, version, (a, b, c) => {
        const [low, middle, high] = [a, b, c].sort(compareRpmVersions);
        expect(compareRpmVersions(low ?? "", middle ?? "")).not.toBe(1);
        expect(compareRpmVersions(middle ?? "", high ?? "")).not.toBe(1);
        expect(compareRpmVersions(low ?? "", high ?? "")).not.toBe(1);
      }),
      { numRuns: 2000 },
    );
  });
});
