import { parseInventory, type PlanOptions, planSlots, sameSlot, slotKey, slotText } from "@mtui/core/domain";
import { describe, expect, it } from "vitest";
import { SAMPLE_INVENTORY } from "../inventory/sample-inventory.ts";

const { hosts } = parseInventory(SAMPLE_INVENTORY, { source: "sample" });
const plan = (lines: string[], options?: PlanOptions) => planSlots(lines, hosts, options);
const shown = (lines: string[], options?: PlanOptions) =>
  Object.fromEntries(
    plan(lines, options).slots.map(({ slot, candidates }) => [
      slotText(slot),
      candidates.map((host) => host.name.replace(".example.com", "")).join(" "),
    ]),
  );
const SP6 = "base=SLES(major=15,minor=SP6)";

describe("the slots of one line", () => {
  it.each<[string, Record<string, string>]>([
    [`${SP6};arch=[x86_64]`, { "SLES-15-SP6 x86_64": "amber basalt" }],
    [
      `${SP6};arch=[aarch64,s390x,x86_64];addon=sle-module-basesystem(major=15,minor=SP6)`,
      {
        "SLES-15-SP6 aarch64 +sle-module-basesystem": "cobalt",
        "SLES-15-SP6 x86_64 +sle-module-basesystem": "amber basalt",
      },
    ],
    ["base=SLES(major=15);arch=[x86_64]", { "SLES-15 x86_64": "amber basalt emerald:2222" }],
    ["base=SLES(major=15,minor=);arch=[s390x,x86_64]", { "SLES-15 s390x": "iolite" }],
    ["base=SLES-LTSS(major=12,minor=SP5);arch=[x86_64]", { "SLES-LTSS-12-SP5 x86_64": "dolomite" }],
    ["base=sles(major=15,minor=sp6);arch=[x86_64]", { "sles-15-sp6 x86_64": "halite" }],
    ["base=SL-Micro(major=6,minor=1);arch=[x86_64]", { "SL-Micro-6-1 x86_64": "flint" }],
    [
      "base=SLES(major=16,minor=0);arch=[x86_64];addon=sle-ha(major=16,minor=0)",
      { "SLES-16-0 x86_64 +sle-ha": "garnet" },
    ],
    ["base=SLES(major=15,minor=SP7);arch=[x86_64]", { "SLES-15-SP7 x86_64": "amber" }],
    [`${SP6};arch=[x86_64];addon=qa(major=1)`, {}],
    [`${SP6};arch=[x86_64];addon=qa()`, { "SLES-15-SP6 x86_64 +qa": "basalt" }],
    ["base=SLES;arch=[s390x]", { "any product s390x": "iolite" }],
    ["base=SLES();arch=[x86_64]", { "SLES x86_64": "amber basalt dolomite emerald:2222 garnet" }],
    [SP6, {}],
    [`${SP6};arch=[]`, { "SLES-15-SP6 x86_64": "amber basalt", "SLES-15-SP6 aarch64": "cobalt" }],
    ["base=SLES(major=15, minor=SP6);arch=[x86_64]", { "SLES-15 x86_64": "amber basalt emerald:2222" }],
  ])("%s", (line, expected) => {
    expect(shown([line])).toEqual(expected);
  });

  it("what hosts have beyond the question makes no difference", () => {
    const { slots } = plan([`${SP6};arch=[x86_64]`]);
    expect(slots).toHaveLength(1);
    expect(slots[0]?.slot).toEqual({ product: "SLES", version: "15-SP6", arch: "x86_64", addons: [] });
  });
});

describe("candidates and addons", () => {
  it("of a name that comes twice the first matching row is the candidate", () => {
    const { slots } = plan(["base=SLES();arch=[x86_64]"]);
    expect(slots[0]?.candidates[0]).toMatchObject({
      name: "amber.example.com",
      product: { version: { minor: "SP6" } },
    });
  });

  it("addons are sorted, each once", () => {
    const modules =
      "addon=sle-module-containers();addon=sle-module-basesystem();addon=sle-module-containers()";
    expect(plan([`arch=[x86_64];${modules}`]).slots[0]?.slot.addons).toEqual([
      "sle-module-basesystem",
      "sle-module-containers",
    ]);
  });
});

describe("the slots of several lines", () => {
  it("are each planned once", () => {
    expect(shown([`${SP6};arch=[x86_64]`, `${SP6};arch=[x86_64,aarch64]`])).toEqual({
      "SLES-15-SP6 x86_64": "amber basalt",
      "SLES-15-SP6 aarch64": "cobalt",
    });
  });

  it("a slot asked for in two ways goes to hosts that satisfy both", () => {
    expect(
      shown(["base=SLES(major=15);arch=[s390x,x86_64]", "base=SLES(major=15,minor=);arch=[s390x]"]),
    ).toEqual({
      "SLES-15 s390x": "iolite",
      "SLES-15 x86_64": "amber basalt emerald:2222",
    });
  });

  it("whichever line comes first", () => {
    const addon = (major: number) => [{ name: "q", version: { major } }];
    const two = [
      { name: "a", arch: "x", product: { name: "P" }, addons: addon(1) },
      { name: "b", arch: "x", product: { name: "P" }, addons: addon(2) },
    ];
    for (const lines of [
      ["arch=[x];addon=q()", "arch=[x];addon=q(major=2)"],
      ["arch=[x];addon=q(major=2)", "arch=[x];addon=q()"],
    ]) {
      const found = planSlots(lines, two);
      expect(found.slots.map(({ candidates }) => candidates.map((host) => host.name))).toEqual([["b"]]);
      expect(found.warnings).toEqual([]);
    }
  });

  it("a slot that one line finds no host for is not missing when another does", () => {
    const found = plan([`${SP6};arch=[x86_64];addon=qa(major=1)`, `${SP6};arch=[x86_64];addon=qa()`]);
    expect(found.slots).toHaveLength(1);
    expect(found.missing).toEqual([]);
    expect(found.warnings).toEqual([
      expect.stringMatching(/asked for twice.*nearest: basalt\.example\.com \(has qa, not qa 1\); amber/),
    ]);
  });

  it("and to those of the first line, with a warning, when none satisfies both", () => {
    const strange = [
      { name: "a", arch: "x", product: { name: "P" }, addons: [{ name: "q", version: { major: 1 } }] },
      { name: "b", arch: "x", product: { name: "P" }, addons: [{ name: "q", version: { major: 2 } }] },
    ];
    const found = planSlots(["arch=[x];addon=q(major=1)", "arch=[x];addon=q(major=2)"], strange);
    expect(found.slots.map(({ candidates }) => candidates.map((host) => host.name))).toEqual([["a"]]);
    expect(found.warnings).toEqual([expect.stringContaining("asked for twice")]);
  });

  it("names what it did not understand", () => {
    const { slots, warnings } = plan([`${SP6};arch=[x86_64];`, "nonsense"]);
    expect(slots).toHaveLength(1);
    expect(warnings.join("\n")).toMatch(/empty part[^]*nonsense/);
  });
});

describe("slots without a host", () => {
  it("name the nearest hosts and what each lacks", () => {
    const { slots, missing } = plan([`${SP6};arch=[x86_64];addon=sle-ha(major=15,minor=SP6)`]);
    expect(slots).toEqual([]);
    expect(missing).toHaveLength(1);
    expect(missing[0]?.slot.addons).toEqual(["sle-ha"]);
    expect(missing[0]?.reason).toMatch(/amber\.example\.com \(lacks sle-ha 15-SP6\); basalt/);
  });

  it("say of another architecture or version what the host is", () => {
    const { missing } = plan(["base=SLES(major=16,minor=0);arch=[s390x];addon=sle-ha()"]);
    expect(missing[0]?.reason).toContain("iolite.example.com (is SLES 15, lacks sle-ha)");
    expect(missing[0]?.reason).toContain("garnet.example.com (is x86_64)");
  });

  it("come with those that have one", () => {
    const { slots, missing } = plan([`${SP6};arch=[x86_64,ppc64le]`]);
    expect(slots.map(({ slot }) => slot.arch)).toEqual(["x86_64"]);
    expect(missing.map(({ slot }) => slotText(slot))).toEqual(["SLES-15-SP6 ppc64le"]);
  });

  it("of any architecture are one slot", () => {
    expect(plan(["base=Nothing();arch=[]"]).missing.map(({ slot }) => slotText(slot))).toEqual([
      "Nothing any arch",
    ]);
  });

  it("of an empty inventory say so", () => {
    expect(planSlots([`${SP6};arch=[x86_64]`], []).missing[0]?.reason).toMatch(/lists no host/);
  });
});

describe("hosts that the report names", () => {
  it("come first where they satisfy a slot", () => {
    const named = { preferred: ["emerald.example.com", "basalt.example.com"] };
    expect(shown(["base=SLES(major=15);arch=[x86_64]"], named)).toEqual({
      "SLES-15 x86_64": "emerald:2222 basalt amber",
    });
    expect(plan(["base=SLES(major=15);arch=[x86_64]"], named).warnings).toEqual([]);
  });

  it("are ignored with a warning where they satisfy none", () => {
    const { slots, warnings } = plan([`${SP6};arch=[x86_64]`], {
      preferred: ["flint.example.com", "gone.example.com"],
    });
    expect(slots[0]?.candidates.map((host) => host.name)).not.toContain("flint.example.com");
    expect(warnings).toEqual([
      expect.stringMatching(/flint\.example\.com.*none of its test targets/),
      expect.stringMatching(/gone\.example\.com.*inventory does not list/),
    ]);
  });
});

describe("hosts that a person prefers", () => {
  const line = ["base=SLES(major=15);arch=[x86_64]"];

  it("come before those that the report names, in the order given, where they satisfy a slot", () => {
    const options = {
      preferred: ["basalt.example.com"],
      prefer: ["emerald.example.com:2222", "amber.example.com", "iolite.example.com"],
    };
    expect(shown(line, options)).toEqual({ "SLES-15 x86_64": "emerald:2222 amber basalt" });
    expect([...plan(line, options).preferred].toSorted()).toEqual([
      "amber.example.com",
      "basalt.example.com",
      "emerald.example.com:2222",
    ]);
  });

  it("are nobody's when nobody is named", () => {
    expect(plan(line).preferred.size).toBe(0);
  });
});

describe("hosts that a person excludes", () => {
  const line = [`${SP6};arch=[x86_64,aarch64]`];
  const without = (...names: string[]) =>
    plan(line, { exclude: new Set(names.map((name) => `${name}.example.com`)) });

  it("are no candidates", () => {
    const { slots, missing } = without("amber");
    expect(slots.map(({ candidates }) => candidates.map((host) => host.name))).toEqual([
      ["basalt.example.com"],
      ["cobalt.example.com"],
    ]);
    expect(missing).toEqual([]);
  });

  it("are the reason where a slot has no other, with what is nearest besides", () => {
    const { slots, missing } = without("amber", "basalt");
    expect(slots.map(({ slot }) => slot.arch)).toEqual(["aarch64"]);
    expect(missing).toMatchObject([
      {
        slot: { arch: "x86_64" },
        excluded: ["amber.example.com", "basalt.example.com"],
        reason: expect.stringMatching(
          /^excluded by --exclude: amber\.example\.com, basalt\.example\.com; nearest of the others: dolomite\.example\.com \(is SLES 12-SP5\); emerald/,
        ),
      },
    ]);
    expect(missing[0]?.nearest.map(({ host }) => host)).not.toContain("amber.example.com");
  });

  it("still say which architectures there are", () => {
    const { missing } = plan([`${SP6};arch=[]`], { exclude: new Set(["cobalt.example.com"]) });
    expect(missing.map(({ slot }) => slotText(slot))).toEqual(["SLES-15-SP6 aarch64"]);
  });

  it("win over a report that names them", () => {
    const found = plan(line, {
      preferred: ["amber.example.com"],
      exclude: new Set(["amber.example.com"]),
    });
    expect(found.slots[0]?.candidates.map((host) => host.name)).toEqual(["basalt.example.com"]);
    expect(found.warnings).toEqual([]);
  });

  it("are named up to a point", () => {
    const many = Array.from({ length: 8 }, (_, index) => ({
      name: `h${index}`,
      arch: "x",
      product: { name: "P" },
      addons: [],
    }));
    const { missing } = planSlots(["base=P();arch=[x]"], many, {
      exclude: new Set(many.map(({ name }) => name)),
    });
    expect(missing[0]?.reason).toBe("excluded by --exclude: h0, h1, h2, h3, h4, 3 more");
    expect(missing[0]?.excluded).toHaveLength(8);
  });
});

describe("what the nearest hosts lack, for programs", () => {
  const row = (name: string, over: object) => ({
    name,
    arch: "x86_64",
    product: { name: "SLES", version: { major: 15, minor: "SP6" } },
    addons: [],
    ...over,
  });
  const ha = (minor: string) => [{ name: "sle-ha", version: { major: 15, minor } }];

  it.each([
    [row("a", { addons: [] }), { what: "addon", wanted: "sle-ha 15-SP6", has: null }],
    [
      row("a", { addons: ha("SP5") }),
      { what: "addon_version", wanted: "sle-ha 15-SP6", has: "sle-ha 15-SP5" },
    ],
    [row("a", { arch: "s390x", addons: ha("SP6") }), { what: "arch", wanted: "x86_64", has: "s390x" }],
    [
      row("a", { product: { name: "SLES", version: { major: 15, minor: "SP7" } }, addons: ha("SP6") }),
      { what: "version", wanted: "SLES 15-SP6", has: "SLES 15-SP7" },
    ],
    [
      row("a", { product: { name: "SLED", version: { major: 15, minor: "SP6" } }, addons: ha("SP6") }),
      { what: "product", wanted: "SLES 15-SP6", has: "SLED 15-SP6" },
    ],
  ])("%j", (host, lack) => {
    const { missing } = planSlots([`${SP6};arch=[x86_64];addon=sle-ha(major=15,minor=SP6)`], [host]);
    expect(missing[0]?.nearest).toEqual([{ host: "a", lacks: [lack] }]);
  });

  it("the three that lack least, an architecture being the most", () => {
    const hosts = [
      row("arch", { arch: "s390x", addons: ha("SP6") }),
      row("version", { product: { name: "SLES", version: { major: 15, minor: "SP7" } }, addons: ha("SP6") }),
      row("product", { product: { name: "SLED", version: { major: 15, minor: "SP6" } }, addons: ha("SP6") }),
      row("addon", {}),
      row("addon-version", { addons: ha("SP5") }),
    ];
    const { missing } = planSlots([`${SP6};arch=[x86_64];addon=sle-ha(major=15,minor=SP6)`], hosts);
    expect(missing[0]?.nearest.map(({ host }) => host)).toEqual(["addon-version", "addon", "version"]);
  });
});

describe("slot identity", () => {
  it("does not depend on the order of addons, but on everything else", () => {
    const slot = { product: "SLES", version: "15", arch: "x", addons: ["a", "b"] };
    expect(sameSlot(slot, { ...slot, addons: ["b", "a"] })).toBe(true);
    for (const change of [
      { product: "S" },
      { version: "" },
      { arch: "y" },
      { addons: ["a"] },
      { addons: ["a,b"] },
    ]) {
      expect(sameSlot(slot, { ...slot, ...change })).toBe(false);
    }
    expect(slotKey(slot)).toBe(slotKey({ ...slot, addons: ["b", "a"] }));
  });
});
