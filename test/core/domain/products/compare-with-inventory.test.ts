import { compareWithInventory, type HostFacts, type RefHost } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";

const facts: HostFacts = {
  base: { name: "SLES", version: "15-SP6", arch: "x86_64" },
  addons: [{ name: "sle-ha", version: "15-SP6", arch: "x86_64" }],
  transactional: false,
  system: "sles-modules-15-SP6-x86_64",
  dangling: false,
  release: "15",
};
const sp6 = { major: 15, minor: "SP6" };
const row: RefHost = {
  name: "h",
  arch: "x86_64",
  product: { name: "SLES", version: sp6 },
  addons: [{ name: "sle-ha", version: sp6 }],
};

describe("compareWithInventory", () => {
  it.each<[string, Partial<HostFacts>, Partial<RefHost>]>([
    ["as listed", {}, {}],
    ["another case of names", {}, { product: { name: "sles" }, addons: [{ name: "SLE-HA" }] }],
    ["no listed versions", {}, { product: { name: "SLES" }, addons: [{ name: "sle-ha" }] }],
    ["qa on one side", {}, { addons: [...row.addons, { name: "QA" }] }],
    ["qa on the other side", { addons: [...facts.addons, { name: "qa", version: "1", arch: "x86_64" }] }, {}],
    ["an unknown arch", { base: { ...facts.base, arch: "" } }, {}],
    [
      "16.0 in numbers",
      { base: { ...facts.base, version: "16.0" } },
      { product: { name: "SLES", version: { major: 16, minor: 0 } } },
    ],
    [
      "a bare major",
      { base: { ...facts.base, version: "15" } },
      { product: { name: "SLES", version: { major: 15 } } },
    ],
  ])("%s: nothing to say", (_, fact, listed) => {
    expect(compareWithInventory({ ...facts, ...fact }, { ...row, ...listed })).toEqual([]);
  });

  it.each<[string, Partial<HostFacts>, Partial<RefHost>, RegExp]>([
    ["name", { base: { ...facts.base, name: "SLED" } }, {}, /name is SLED, listed is SLES/],
    ["version", { base: { ...facts.base, version: "15-SP5" } }, {}, /version is 15-SP5, listed is 15-SP6/],
    [
      "lower case",
      {},
      { product: { name: "SLES", version: { major: 15, minor: "sp6" } } },
      /listed is 15-sp6/,
    ],
    [
      "text for a number",
      {},
      { product: { name: "SLES", version: { major: "15", minor: "SP6" } } },
      /version/,
    ],
    ["numbers", {}, { product: { name: "SLES", version: { major: 16, minor: 0 } } }, /listed is 16\.0/],
    ["arch", {}, { arch: "s390x" }, /arch is x86_64, listed is s390x/],
    ["absent", { addons: [] }, {}, /^addons listed but not installed: sle-ha 15-SP6$/],
    ["extra", {}, { addons: [] }, /^addons installed but not listed: sle-ha 15-SP6$/],
    [
      "other version",
      {},
      { addons: [{ name: "sle-ha", version: { major: 15, minor: "SP5" } }] },
      /^addons of another version: sle-ha \(installed 15-SP6, listed 15-SP5\)$/,
    ],
    ["empty version", { base: { ...facts.base, version: "" } }, {}, /version/],
  ])("%s", (_, fact, listed, line) => {
    expect(compareWithInventory({ ...facts, ...fact }, { ...row, ...listed })).toEqual([
      expect.stringMatching(line),
    ]);
  });

  it("with a dangling link compares no more than the arch, and says so first", () => {
    const dangling = { ...facts, dangling: true, base: { name: "guess", version: "", arch: "" } };
    expect(compareWithInventory(dangling, { ...row, addons: [] })).toEqual([
      expect.stringContaining("baseproduct"),
      expect.stringContaining("installed but not listed"),
    ]);
  });

  it("joins the base's differences in one line and sorts addons", () => {
    const found = compareWithInventory(
      { ...facts, base: { name: "a", version: "1", arch: "b" } },
      { ...row, addons: [...row.addons, { name: "z" }, { name: "c" }] },
    );
    expect(found).toEqual([
      "base product differs: name is a, listed is SLES; version is 1, listed is 15-SP6; arch is b, listed is x86_64",
      "addons listed but not installed: c, z",
    ]);
  });
});
