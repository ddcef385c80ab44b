import { matchesQuery, parseInventory, parseTestplatform, queryHosts, searchHosts } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { SAMPLE_INVENTORY } from "../inventory/sample-inventory.ts";

const { hosts } = parseInventory(SAMPLE_INVENTORY, { source: "sample" });
const short = (found: { name: string }[]) =>
  found.map((host) => host.name.replace(".example.com", "")).join(" ");
const SP6 = "base=SLES(major=15,minor=SP6)";

describe("testplatforms on the sample inventory", () => {
  it.each([
    [`${SP6};arch=[x86_64]`, "amber basalt", "amber basalt"],
    [
      `${SP6};arch=[aarch64,s390x,x86_64];addon=sle-module-basesystem(major=15,minor=SP6)`,
      "cobalt amber basalt",
      "amber basalt cobalt",
    ],
    ["base=SLES(major=15);arch=[x86_64]", "amber basalt emerald:2222 amber", "amber basalt emerald:2222"],
    ["base=SLES(major=15,minor=);arch=[s390x,x86_64]", "iolite", "iolite"],
    ["base=SLES-LTSS(major=12,minor=SP5);arch=[x86_64]", "dolomite", "dolomite"],
    ["base=sles(major=15,minor=sp6);arch=[x86_64]", "halite", "halite"],
    ["base=SL-Micro(major=6,minor=1);arch=[x86_64]", "flint", "flint"],
    ["base=SLES(major=16,minor=0);arch=[x86_64];addon=sle-ha(major=16,minor=0)", "garnet", "garnet"],
    ["base=SLES(major=15,minor=SP7);arch=[x86_64]", "amber", "amber"],
    [`${SP6};arch=[x86_64];addon=qa(major=1)`, "", ""],
    [`${SP6};arch=[x86_64];addon=qa()`, "basalt", "basalt"],
    ["arch=[s390x]", "iolite", "iolite"],
    ["base=SLES;arch=[s390x]", "iolite", "iolite"],
    [
      "base=SLES();arch=[x86_64]",
      "amber basalt dolomite emerald:2222 garnet amber",
      "amber basalt dolomite emerald:2222 garnet",
    ],
    [SP6, "", ""],
    [`${SP6};arch=[]`, "amber basalt cobalt", "amber basalt cobalt"],
    [
      "base=SLES(major=15, minor=SP6);arch=[x86_64]",
      "amber basalt emerald:2222 amber",
      "amber basalt emerald:2222",
    ],
  ])("%s", (line, search, query) => {
    const { queries } = parseTestplatform(line);
    expect(short(searchHosts(queries, hosts))).toBe(search);
    expect(short(queryHosts(queries, hosts))).toBe(query);
  });

  it("of a name that comes twice the first matching row counts", () => {
    const { queries } = parseTestplatform("base=SLES(major=15,minor=SP7);arch=[x86_64]");
    expect(queryHosts(queries, hosts)[0]?.product.version?.minor).toBe("SP7");
  });
});

describe("matchesQuery", () => {
  const host = {
    name: "h",
    arch: "x86_64",
    product: { name: "SLES", version: { major: 15, minor: 6 } },
    addons: [
      { name: "twice", version: { major: 1 } },
      { name: "twice", version: { major: 2 } },
    ],
  };
  const matches = (line: string) =>
    parseTestplatform(line).queries.some((query) => matchesQuery(host, query));

  it.each([
    ["base=SLES(major=15,minor=6);arch=[x86_64]", true],
    ["base=SLES(major=15,minor=SP6);arch=[x86_64]", false],
    ["base=SLES(major=15,minor=);arch=[x86_64]", false],
    ["base=SLES(major=x);arch=[x86_64]", false],
    ["arch=[X86_64]", false],
    ["arch=[];addon=twice(major=2)", true],
    ["arch=[];addon=twice(major=1)", false],
    ["arch=[];base=twice(major=1)", true],
    ["arch=[];addon=SLES()", false],
  ])("%s: %s", (line, expected) => {
    expect(matches(line)).toBe(expected);
  });
});
