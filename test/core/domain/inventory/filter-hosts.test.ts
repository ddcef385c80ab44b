import { filterHosts, type HostFilters, parseInventory, poolText, versionText } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { globMatches } from "../../../../packages/core/src/domain/inventory/glob.ts";
import { SAMPLE_INVENTORY } from "./sample-inventory.ts";

const { hosts } = parseInventory(SAMPLE_INVENTORY, { source: "sample" });
const names = (filters: HostFilters) =>
  filterHosts(hosts, filters).map(
    (host) => `${host.name.replace(".example.com", "")} ${versionText(host.product.version)}`,
  );

describe("filterHosts", () => {
  it.each<[HostFilters, string[]]>([
    [{ arch: ["aarch64", "s390x"] }, ["cobalt 15-SP6", "iolite 15"]],
    [{ name: "emerald*" }, ["emerald:2222 15-SP5"]],
    [{ name: "emerald.example.com" }, []],
    [{ name: "[a-b]*.example.???" }, ["amber 15-SP6", "basalt 15-SP6", "amber 15-SP7"]],
    [{ product: "MICRO" }, ["flint 6-1"]],
    [{ product: "ltss" }, []],
    [{ version: "15-SP6", arch: ["x86_64"] }, ["amber 15-SP6", "basalt 15-SP6", "halite 15-sp6"]],
    [{ version: "15.6", addon: ["containers"] }, ["basalt 15-SP6"]],
    [{ version: "15.SP5" }, ["emerald:2222 15-SP5"]],
    [{ version: "16.0" }, ["garnet 16-0"]],
    [{ version: "6" }, ["flint 6-1"]],
    [{ version: "15", arch: ["s390x"] }, ["iolite 15"]],
    [{ version: "15-SP6", arch: ["s390x"] }, []],
    [{ addon: ["BASE", "server"] }, ["amber 15-SP6"]],
    [{ testplatform: "base=SL-Micro(major=6,minor=1);arch=[x86_64]", name: "nobody" }, ["flint 6-1"]],
    [{ testplatform: "base=SL-Micro(major=6,minor=1)" }, []],
  ])("%j", (filters, expected) => {
    expect(names(filters)).toEqual(expected);
  });

  it("without filters everything passes", () => {
    expect(filterHosts(hosts, {})).toEqual(hosts);
  });

  it("a host without version passes no version filter", () => {
    const bare = { name: "x", arch: "x86_64", product: { name: "SLES" }, addons: [] };
    expect(filterHosts([bare], { version: "15" })).toEqual([]);
    expect(poolText(bare)).toBe("SLES x86_64");
  });
});

describe("globMatches", () => {
  it.each([
    ["*", "", true],
    ["?", "", false],
    ["a*c", "abbc", true],
    ["a*c", "abbcd", false],
    ["*.example.com", "a.example.com", true],
    ["[!a]x", "bx", true],
    ["[!a]x", "ax", false],
    ["[]]", "]", true],
    ["[a", "[a", true],
    ["a.c", "abc", false],
    ["A", "a", false],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(globMatches(pattern, text)).toBe(expected);
  });

  it("many stars take no longer than a few", () => {
    expect(globMatches(`${"*a".repeat(2000)}b`, "a".repeat(4000))).toBe(false);
  });
});
