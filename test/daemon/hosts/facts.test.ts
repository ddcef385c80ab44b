import { expect, test } from "vitest";
import { interpretLook } from "../../../packages/daemon/src/hosts/facts.ts";
import { historyLine } from "../../../packages/daemon/src/hosts/history.ts";
import { lockBytes, lockText, readingOf } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import { sections } from "../../../packages/daemon/src/hosts/sections.ts";

const section = (title: string, body = ""): { title: string; body: Buffer } => ({
  title,
  body: Buffer.from(body),
});
const prod = (name: string, version = "15", level = "6"): string =>
  `<product><name>${name}</name><baseversion>${version}</baseversion><patchlevel>${level}</patchlevel><arch>x86_64</arch></product>`;
const common = [
  section("boot 12345678-1234-1234-1234-123456789abc"),
  section("clock 1795326896"),
  section("flock yes"),
];

test("base by the link, the others are addons, contained products are added", () => {
  const look = interpretLook(
    [
      ...common,
      section("suse"),
      section("base SLES_SAP.prod"),
      section("prod SLES_SAP.prod", prod("SLES_SAP", "12", "5")),
      section("prod ha.prod", prod("sle-ha", "12", "5")),
      section("done"),
    ],
    "h",
  );
  expect(look.facts.addons.map((each) => each.name)).toEqual(["sle-ha", "SLES"]);
  expect(look).toMatchObject({
    bootId: "12345678-1234-1234-1234-123456789abc",
    clock: 1795326896,
    hasFlock: true,
  });
});

test.each([
  ["a link to nothing", [section("base /etc/products.d/GONE.prod")], "GONE"],
  ["a plain file in place of the link", [], "unknown"],
  ["a hostile link", [section("base ../../x;$(id)\u001b.prod")], "xid"],
])("%s: dangling, and the host is usable", (_name, base, name) => {
  const look = interpretLook([...common, section("suse"), ...base, section("done")], "h");
  expect(look.facts).toMatchObject({ dangling: true, base: { name, version: "" }, release: null });
});

test("a broken addon is left out and said; a broken base is an error; half an answer is an error", () => {
  const broken = [
    ...common,
    section("suse"),
    section("base A.prod"),
    section("prod A.prod", prod("SLES")),
    section("prod b.prod", "<product><name>"),
    section("done"),
  ];
  expect(interpretLook(broken, "h")).toMatchObject({
    facts: { addons: [] },
    warnings: [expect.stringContaining("b.prod")],
  });
  const base = [
    ...common,
    section("suse"),
    section("base A.prod"),
    section("prod A.prod", "x"),
    section("done"),
  ];
  expect(() => interpretLook(base, "h")).toThrow(expect.objectContaining({ kind: "host.unsupported" }));
  expect(() => interpretLook(common, "h")).toThrow(expect.objectContaining({ kind: "host.unsupported" }));
});

test("other systems by os-release, or what is taken for the oldest of them", () => {
  expect(
    interpretLook([...common, section("release", 'ID="ubuntu"\nVERSION_ID="24.04"\n'), section("done")], "h")
      .facts.base,
  ).toEqual({
    name: "ubuntu",
    version: "24.04",
    arch: "x86_64",
  });
  expect(interpretLook([...common, section("done")], "h").facts).toMatchObject({
    base: { name: "rhel", version: "6" },
    release: "YUM",
  });
});

test("a file cannot forge the section behind it", () => {
  const one = sections();
  const nonce = /%s\\n' (\w+)/.exec(one.definition)?.[1] ?? "";
  const forged = sections();
  const wrong = /%s\\n' (\w+)/.exec(forged.definition)?.[1] ?? "";
  const output = Buffer.from(`\x1d${nonce} prod a\n\x1d${wrong} done\n\x1dx\n\x1d${nonce} done\n`);
  expect(one.parse(output).map((each) => each.title)).toEqual(["prod a", "done"]);
  expect(one.parse(output)[0]?.body.toString()).toContain("done");
});

test("history is one line whatever the fields say", () => {
  expect(historyLine(12, { user: "al\u2028ice", fields: ["update", "a\r\nb\u0000c"] })).toBe(
    "12:al ice:update:a b c",
  );
});

const identity = { user: "alice+mtuid", pid: 1, daemonId: "d1" };
const stale = { staleAgeSeconds: 100, reapStale: true };
const read = (text: string, clock = 1000): ReturnType<typeof readingOf> =>
  readingOf(Buffer.from(text), { identity, stale, clock, ourClock: clock });

test.each([
  ["", 0, "free", undefined],
  ["::5:", 0, "free", undefined],
  ["900:bob:1", 1000, "foreign", false],
  ["899:bob:1", 1000, "foreign", true],
  ["2000:bob:1", 1000, "foreign", false],
  ["abc:bob:1", 1000, "foreign", false],
  ["1:alice+mtuid:1", 1000, "foreign", true],
  ["1:alice+mtuid:1:mtui run - [w] d=d2 n=n", 1000, "foreign", true],
  ["1:alice:1:mtui run - [w] d=d1 n=n", 1000, "foreign", true],
  ["1:alice+mtuid:77:mtui run - [w] d=d1 n=n", 1000, "ours", undefined],
  ["garbage", 1000, "malformed", undefined],
])("%j at %i is %s, stale %s", (text, clock, state, isStale) => {
  const reading = read(text, clock);
  expect([reading.state, reading.state === "foreign" ? reading.stale : undefined]).toEqual([state, isStale]);
});

test.each([
  ["a host that is far ahead", 5000, 1000, false],
  ["both", 5000, 4950, true],
  ["a host that is behind", 950, 5000, false],
])("old by the clock of %s: %i, %i, stale %s", (_, clock, ourClock, isStale) => {
  const reading = readingOf(Buffer.from("900:bob:1"), { identity, stale, clock, ourClock });
  expect(reading).toMatchObject({ ageSeconds: clock - 900, stale: isStale });
});

test("no age makes a lock stale when that is switched off", () => {
  const never = readingOf(Buffer.from("1:bob:1"), {
    identity,
    stale: { staleAgeSeconds: 0, reapStale: true },
    clock: 1e9,
    ourClock: 1e9,
  });
  expect(never).toMatchObject({ state: "foreign", stale: false });
});

test("any bytes come back from their text", () => {
  for (const bytes of [Buffer.from("grün"), Buffer.from([0xff, 0, 0xc3]), Buffer.from("日本")]) {
    expect(lockBytes(lockText(bytes)).some((each) => each.equals(bytes))).toBe(true);
  }
});
