import { parseTestplatform } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";

describe("parseTestplatform", () => {
  it("makes one query of each architecture", () => {
    const { queries, problems } = parseTestplatform(
      "base=SLES(major=15,minor=SP6);arch=[aarch64, s390x];addon=sle-ha(major=15,minor=SP6);addon=qa()",
    );
    const base = { name: "SLES", version: { major: 15, minor: "SP6" } };
    const addons = [
      { name: "sle-ha", version: { major: 15, minor: "SP6" } },
      { name: "qa", version: null },
    ];
    expect(queries).toEqual([
      { arch: "aarch64", base, addons },
      { arch: "s390x", base, addons },
    ]);
    expect(problems).toEqual([]);
  });

  it.each([
    ["major=15,minor=", { major: 15, minor: "" }],
    ["major=15", { major: 15 }],
    ["minor=SP6", null],
    ["", null],
    ["major=15, minor=SP6", { major: 15 }],
    ["major= 015 ,minor=0", { major: 15, minor: 0 }],
    ["major=15=1,minor=SP6", null],
    ["minor=SP6,major=15,major=16", { major: 16, minor: "SP6" }],
  ])("reads the version of (%s)", (fields, version) => {
    expect(parseTestplatform(`base=SLES(${fields});arch=[x]`).queries[0]?.base).toEqual({
      name: "SLES",
      version,
    });
  });

  it.each<[string, string[]]>([
    ["arch=[a,b]", ["a", "b"]],
    ["arch=[]", [""]],
    ["arch=[ a ,  b ]", ["a", "b"]],
    ["arch=[a];arch=[b]", ["b"]],
    ["arch=[a];arch=b", ["a"]],
    ["arch=a", []],
    ["base=SLES(major=15)", []],
    [" arch=[a]", []],
  ])("architectures of %s", (line, archs) => {
    expect(parseTestplatform(line).queries.map((query) => query.arch)).toEqual(archs);
  });

  it.each([
    ["base=SLES;arch=[x]", /SLES.*restricts nothing/],
    ["arch=[x];", /empty part/],
    ["arch=[x];what", /no "="/],
    ["arch=[x];tags=(a)", /"tags"/],
    [" arch=[x]", /" arch"/],
    ["arch=x", /not in \[/],
    ["base=SLES(major=15, minor=SP6);arch=[x]", /" minor=SP6"/],
    ["base=SLES(major=15)", /no arch/],
    [`arch=[${"x".repeat(5000)}]`, /longer/],
    ["ar\u001b[2Jch", /^"ar\?\[2Jch"/],
  ])("names what it leaves out of %#", (line, problem) => {
    expect(parseTestplatform(line).problems.join("\n")).toMatch(problem);
  });
});
