import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { hostKeyOrder } from "../../../packages/daemon/src/ssh/algorithms.ts";
import { appendKnownHost } from "../../../packages/daemon/src/ssh/known-hosts/append.ts";
import {
  checkHostKey,
  type KnownHostsEntry,
  knownKeyTypes,
} from "../../../packages/daemon/src/ssh/known-hosts/check.ts";
import { matchesPatterns } from "../../../packages/daemon/src/ssh/known-hosts/match.ts";
import { parseKnownHosts } from "../../../packages/daemon/src/ssh/known-hosts/parse.ts";

function blob(type: string, body: string): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(type.length);
  return Buffer.concat([size, Buffer.from(type), Buffer.from(body)]);
}
const ED = blob("ssh-ed25519", "one");
const ED2 = blob("ssh-ed25519", "two");
const RSA = blob("ssh-rsa", "one");
const line = (names: string, key: Buffer, marker = ""): string =>
  `${marker}${names} ${key.toString("latin1", 4, 4 + key.readUInt32BE(0))} ${key.toString("base64")}`;
const entries = (...lines: string[]): KnownHostsEntry[] =>
  parseKnownHosts(lines.join("\n")).map((each) => ({ ...each, file: "kh" }));
const hashed = (name: string): string => {
  const salt = Buffer.from("0123456789abcdef0123");
  return `|1|${salt.toString("base64")}|${createHmac("sha1", salt).update(name).digest("base64")}`;
};

test.each([
  ["host", "host", true],
  ["HOST.example", "host.example", true],
  ["host", "hosts", false],
  ["*.suse.de", "a.suse.de", true],
  ["*.suse.de", "suse.de", false],
  ["h?st", "host", true],
  ["*,!bad.*", "bad.host", false],
  ["!bad.*,*", "bad.host", false],
  ["*,!bad.*", "good.host", true],
  ["!bad", "good", false],
  ["a,b,c", "b", true],
  ["[host]:2222", "[host]:2222", true],
  ["host", "[host]:2222", false],
  ["*", "[host]:2222", true],
  ["a*b*c*d", "axxbxxcxxd", true],
  ["a*b*c*d", "axxbxxcxx", false],
])("pattern %s against %s: %s", (patterns, name, expected) => {
  expect(matchesPatterns(patterns.split(","), name)).toBe(expected);
});

test("hashed names match whole, and damaged ones never", () => {
  expect(matchesPatterns([hashed("host")], "host")).toBe(true);
  expect(matchesPatterns([hashed("[host]:2222")], "[host]:2222")).toBe(true);
  expect(matchesPatterns([hashed("host")], "hosts")).toBe(false);
  for (const bad of ["|1|", "|1||", "|2|YQ==|YQ==", `${hashed("host")}|x`, "|"])
    expect(matchesPatterns([bad], "host")).toBe(false);
});

test("a hostile pattern takes linear time", () => {
  expect(matchesPatterns(["*a".repeat(5000)], "a".repeat(4999))).toBe(false);
});

test.each([
  ["empty", ""],
  ["comment", "# host ssh-ed25519 AAAA"],
  ["no key", "host ssh-ed25519"],
  ["not base64", `host ssh-ed25519 ${ED.toString("base64")}!`],
  ["another type than the blob says", `host ssh-rsa ${ED.toString("base64")}`],
  ["an unknown marker", `@trusted host ssh-ed25519 ${ED.toString("base64")}`],
  ["NUL", `ho\0st ssh-ed25519 ${ED.toString("base64")}`],
  [
    "a blob that lies about its length",
    `host ssh-ed25519 ${Buffer.from([255, 255, 255, 255, 1]).toString("base64")}`,
  ],
  ["too long", `${"h,".repeat(20_000)} ssh-ed25519 ${ED.toString("base64")}`],
  ["no names", `, ssh-ed25519 ${ED.toString("base64")}`],
])("a line with %s is skipped, and the one behind it is read", (_name, bad) => {
  const lines = parseKnownHosts(`${bad}\n${line("host", ED)}\n`);
  expect(lines).toMatchObject([{ patterns: ["host"], line: 2, marker: "none" }]);
});

describe("verdicts", () => {
  const asked = { host: "host", port: 22, alias: false };
  const other = { host: "host", port: 2222, alias: false };

  test.each([
    ["known", [line("host", ED)], asked, ED, "known"],
    ["nobody knows it", [line("else", ED)], asked, ED, "unknown"],
    ["changed", [line("host", ED)], asked, ED2, "changed"],
    ["one of two keys of a type", [line("host", ED), line("host", ED2)], asked, ED2, "known"],
    ["known by another type alone", [line("host", RSA)], asked, ED, "otherType"],
    [
      "revoked wins over known, in any order",
      [line("host", ED), line("*", ED, "@revoked ")],
      asked,
      ED,
      "revoked",
    ],
    ["another key is revoked", [line("host", ED), line("*", ED2, "@revoked ")], asked, ED, "known"],
    ["a revoked key does not make a host known", [line("host", ED2, "@revoked ")], asked, ED, "unknown"],
    ["an authority is not a host key", [line("*", ED, "@cert-authority ")], asked, ED, "authorityOnly"],
    [
      "an authority beside the key",
      [line("*", RSA, "@cert-authority "), line("host", ED)],
      asked,
      ED,
      "known",
    ],
    ["port form", [line("[host]:2222", ED)], other, ED, "known"],
    ["plain line allows the very same key on another port", [line("host", ED)], other, ED, "known"],
    ["plain line does not forbid another key on another port", [line("host", ED)], other, ED2, "unknown"],
    ["plain revocation counts on another port", [line("host", ED, "@revoked ")], other, ED, "revoked"],
    ["port form changed", [line("[host]:2222", ED), line("host", ED2)], other, ED2, "changed"],
    [
      "alias is used without the port",
      [line("name", ED)],
      { host: "name", port: 2222, alias: true },
      ED,
      "known",
    ],
  ])("%s", (_name, lines, who, key, state) => {
    expect(checkHostKey(entries(...lines), who, key).state).toBe(state);
  });

  test("the known types come first in the order, revoked and authority lines do not count", () => {
    const known = knownKeyTypes(
      entries(line("host", RSA), line("*", ED, "@revoked "), line("*", ED2, "@cert-authority ")),
      asked,
    );
    expect([...known]).toEqual(["ssh-rsa"]);
    expect(hostKeyOrder(known).slice(0, 3)).toEqual(["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]);
    expect(hostKeyOrder(new Set())[0]).toBe("ssh-ed25519");
    expect(hostKeyOrder(known)).not.toContain("ssh-rsa");
  });
});

describe("appending", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "mtui-kh-"));
    return () => rmSync(dir, { recursive: true });
  });
  const yes = async (): Promise<boolean> => true;

  test("creates directory and file for us alone, and appends behind a line without an end", async () => {
    const file = join(dir, "sub", "known_hosts");
    expect(await appendKnownHost(file, { name: "a", key: ED, stillWanted: yes })).toBe(true);
    expect([statSync(file).mode & 0o777, statSync(join(dir, "sub")).mode & 0o777]).toEqual([0o600, 0o700]);
    writeFileSync(file, "kept ssh-ed25519 AAAA");
    await appendKnownHost(file, { name: "b", key: ED, stillWanted: yes });
    expect(readFileSync(file, "utf8")).toBe(`kept ssh-ed25519 AAAA\n${line("b", ED)}\n`);
  });

  test("many at once write each line once and whole, and leave no lock file", async () => {
    const file = join(dir, "kh");
    const wanted = (name: string) => async () => {
      const text = statSync(file, { throwIfNoEntry: false }) === undefined ? "" : readFileSync(file, "utf8");
      return !text.includes(`${name} `);
    };
    const names = Array.from({ length: 40 }, (_, i) => `host${i % 20}`);
    await Promise.all(
      names.map(async (name) => await appendKnownHost(file, { name, key: ED, stillWanted: wanted(name) })),
    );
    expect(readFileSync(file, "utf8").trimEnd().split("\n").sort()).toEqual(
      [...new Set(names)].map((name) => line(name, ED)).sort(),
    );
    expect(statSync(`${file}.mtui-lock`, { throwIfNoEntry: false })).toBeUndefined();
  });

  test("/dev/null and none remember nothing", async () => {
    for (const file of ["/dev/null", "none"])
      expect(await appendKnownHost(file, { name: "a", key: ED, stillWanted: yes })).toBe(false);
  });
});
