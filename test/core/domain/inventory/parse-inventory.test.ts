import { INVENTORY_LIMITS, parseInventory } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { SAMPLE_INVENTORY } from "./sample-inventory.ts";

const parse = (yaml: string) => parseInventory(yaml, { source: "refhosts.yml" });

describe("a usable inventory", () => {
  it("is one flat list in file order, whatever the buckets are called", () => {
    expect(parse(SAMPLE_INVENTORY).hosts.map((host) => host.name.replace(".example.com", ""))).toEqual([
      "amber",
      "basalt",
      "cobalt",
      "dolomite",
      "emerald:2222",
      "flint",
      "garnet",
      "halite",
      "iolite",
      "amber",
    ]);
  });

  it("keeps numbers and texts apart", () => {
    const { hosts } = parse(`a:
  - {name: one, arch: x86_64, product: {name: SLES, version: {major: "15", minor: 1}}}
  - {name: two, arch: x86_64, product: {name: SLES, version: {major: 15, minor: "1"}}}
  - {name: three, arch: x86_64, product: {name: SLES, version: {major: 15, minor: null}}, addons: null}
  - {name: four, arch: x86_64, product: {name: SLES, version: null}}
`);
    expect(hosts.map((host) => host.product.version)).toEqual([
      { major: "15", minor: 1 },
      { major: 15, minor: "1" },
      { major: 15 },
      undefined,
    ]);
    expect(hosts[2]?.addons).toEqual([]);
  });

  it("reads anchors, merges and YAML 1.1 numbers as everybody else does", () => {
    const { hosts, dropped } = parse(`x: &all
  - &base {name: one, arch: x86_64, product: {name: SLES, version: {major: 010}}}
  - {<<: *base, name: two}
y: *all
z:
empty: []
`);
    expect(dropped).toEqual([]);
    expect(hosts.map((host) => [host.name, host.product.version?.major])).toEqual([
      ["one", 8],
      ["two", 8],
      ["one", 8],
      ["two", 8],
    ]);
  });

  it("of a key that comes twice in a row takes the last, and reads both of two buckets of one name", () => {
    const { hosts } = parse(`a:
  - {name: one, name: two, arch: x86_64, product: {name: SLES}}
a:
  - {name: three, arch: x86_64, product: {name: SLES}}
`);
    expect(hosts.map((host) => host.name)).toEqual(["two", "three"]);
  });

  it.each(["", "# nothing\n", "{}", "default:\n"])("%j has no hosts and no faults", (yaml) => {
    expect(parse(yaml)).toEqual({ hosts: [], dropped: [] });
  });
});

describe("rows that cannot be used", () => {
  it("names line and reason, and uses the others", () => {
    expect(parse(SAMPLE_INVENTORY).dropped).toEqual([{ line: 56, reason: "name is missing" }]);
  });

  const row = "name: h, arch: x86_64, product: {name: SLES}";
  it.each([
    ["just text", /the row is not a mapping/],
    ["~", /the row is missing/],
    ["{arch: x86_64, product: {name: SLES}}", /^name is missing/],
    ["{name: h, product: {name: SLES}}", /^arch is missing/],
    ["{name: h, arch: x86_64}", /^product is missing/],
    ["{name: 15, arch: x86_64, product: {name: SLES}}", /^name is not a text/],
    ["{name: on, arch: x86_64, product: {name: SLES}}", /^name is not a text/],
    ["{name: h, arch: x86_64, product: SLES}", /^product is not a mapping/],
    ["{name: h, arch: x86_64, product: {version: {major: 15}}}", /^product.name is missing/],
    ["{name: h, arch: x86_64, product: {name: SLES, version: 15}}", /^product.version is not a mapping/],
    [
      "{name: h, arch: x86_64, product: {name: SLES, version: {minor: 1}}}",
      /^product.version.major is missing/,
    ],
    ["{name: h, arch: x86_64, product: {name: SLES, version: {major: [1]}}}", /neither a number nor a text/],
    ["{name: h, arch: x86_64, product: {name: SLES, version: {major: .inf}}}", /neither a number nor a text/],
    [`{${row}, addons: qa}`, /^addons is not a list/],
    [`{${row}, addons: [qa]}`, /^addons\[0\] is not a mapping/],
    [`{${row}, addons: [{version: {major: 1}}]}`, /^addons\[0\].name is missing/],
    [`{${row}, addons: [${"{name: a},".repeat(201)}]}`, /more than 200 addons/],
    ["{name: -oProxyCommand=x, arch: x86_64, product: {name: SLES}}", /no host name/],
    ["{name: 'a b', arch: x86_64, product: {name: SLES}}", /blanks/],
    ["{name: 'a;reboot', arch: x86_64, product: {name: SLES}}", /no host name/],
    ["{name: 'a:99999', arch: x86_64, product: {name: SLES}}", /no host name/],
    ['{name: h, arch: "x\\e[2J", product: {name: SLES}}', /control characters/],
  ])("drops %s", (text, reason) => {
    const { hosts, dropped } = parse(
      `a:\n  - {name: good, arch: x86_64, product: {name: SLES}}\n  - ${text}\n`,
    );
    expect(hosts.map((host) => host.name)).toEqual(["good"]);
    expect(dropped).toEqual([{ line: 3, reason: expect.stringMatching(reason) }]);
    expect(dropped[0]?.reason).toMatch(/^[\x20-\x7e]*$/);
  });

  it("drops a bucket that is no list", () => {
    expect(parse("a: {name: x}\nb: text\n").dropped.map((row) => row.line)).toEqual([1, 2]);
  });
});

describe("files that cannot be read", () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    .concat(
      "bcdefgh".split("").map((name, index) => `${name}: &${name} [${`*${"abcdefg"[index]},`.repeat(9)}]`),
    )
    .join("\n");

  it.each([
    ["[a, b]", /not a mapping/],
    ["text", /not a mapping/],
    ["a: [unclosed", /line 1/],
    ["a: 1\n--- \nb: 2\n", /line/],
    ["a: *nowhere\n", /line 1/],
    [`a: ${"[".repeat(100_000)}`, /deep|broken|line/],
    ["#".repeat(INVENTORY_LIMITS.characters + 1), /longer/],
    [`a:\n${"  - x\n".repeat(INVENTORY_LIMITS.rows + 1)}`, /rows/],
    [
      Array.from({ length: INVENTORY_LIMITS.buckets + 1 }, (_, index) => `k${index}:`).join("\n"),
      /top-level keys/,
    ],
    [`a: [&x {}, ${"*x,".repeat(INVENTORY_LIMITS.aliases + 1)}]`, /aliases/],
    [bomb, /alias/i],
  ])("refuses %#", (yaml, why) => {
    expect(() => parse(yaml)).toThrow(
      expect.objectContaining({ kind: "inventory.invalid", message: expect.stringMatching(why) }),
    );
  });

  it("says which file and what to do", () => {
    expect(() => parse("[]")).toThrow(
      expect.objectContaining({ message: expect.stringContaining("refhosts.yml"), hint: expect.any(String) }),
    );
  });
});
