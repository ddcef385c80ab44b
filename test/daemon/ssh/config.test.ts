import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askOpenSsh } from "../../../packages/daemon/src/ssh/config/openssh-query.ts";
import { parseHostSpec } from "../../../packages/daemon/src/ssh/config/host-spec.ts";
import { parseSettings } from "../../../packages/daemon/src/ssh/config/settings.ts";
import { targetFromSettings } from "../../../packages/daemon/src/ssh/config/target-from-settings.ts";
import { shellQuote } from "../../../packages/daemon/src/ssh/quote.ts";

test.each([
  ["host", { name: "host", port: null, user: null }],
  ["host:2222", { name: "host", port: 2222, user: null }],
  ["192.0.2.1:22", { name: "192.0.2.1", port: 22, user: null }],
  ["::1", { name: "::1", port: null, user: null }],
  ["[2001:db8::1]:2222", { name: "2001:db8::1", port: 2222, user: null }],
])("%s", (text, expected) => {
  expect(parseHostSpec(text)).toEqual(expected);
});

test("only ProxyJump may name a user", () => {
  expect(parseHostSpec("bob@jump:2222", { allowUser: true })).toEqual({
    name: "jump",
    port: 2222,
    user: "bob",
  });
  expect(() => parseHostSpec("bob@jump")).toThrow("not a host name");
});

test.each([
  "",
  "-G",
  "-oProxyCommand=id",
  "a b",
  "a:",
  "a:0",
  "a:65536",
  "a:1:2",
  "a\n",
  "$(id)",
  "a;b",
  "[a b]:22",
  "é",
  "x".repeat(300),
])("%j is no host name", (text) => {
  expect(() => parseHostSpec(text)).toThrow(expect.objectContaining({ kind: "host.unknown" }));
});

const spec = { name: "h", port: null, user: null };
const target = (text: string): ReturnType<typeof targetFromSettings> =>
  targetFromSettings(spec, parseSettings(text));

test.skipIf(spawnSync("ssh", ["-V"]).error !== undefined)(
  "OpenSSH is asked side by side, through one private file that stays, and leaves nothing else",
  async () => {
    const home = mkdtempSync(join(tmpdir(), "mtui-config-"));
    onTestFinished(() => rmSync(home, { recursive: true }));
    writeFileSync(join(home, "own"), "Host a\n  HostName a.example\nHost b\n  User bob\n");
    const directory = join(home, "state");
    mkdirSync(directory);
    const ask = (name: string) =>
      askOpenSsh({ name, port: null, user: null }, { configFile: join(home, "own"), directory });
    const [a, b, c] = await Promise.all([ask("a"), ask("b"), ask("c")]);
    const words = [a, b, c].map((each) => ["hostname", "user"].map((word) => each?.get(word)?.[0]));
    expect(words).toEqual([
      ["a.example", "root"],
      ["b", "bob"],
      ["c", "root"],
    ]);
    expect(readdirSync(directory)).toEqual(["ssh_config"]);
    expect(statSync(join(directory, "ssh_config")).mode & 0o777).toBe(0o600);
  },
);

test("what ssh -G prints becomes a target", () => {
  const text = [
    "hostname Real.Example",
    "port 2222",
    "user root",
    "identityfile ~/.ssh/%r-%h",
    "identityfile /abs/key",
    "identitiesonly yes",
    "userknownhostsfile ~/.ssh/kh /other",
    "globalknownhostsfile /dev/null",
    "proxyjump a,b@c:23",
    "stricthostkeychecking accept-new",
    "connecttimeout 7",
    "identityagent none",
    "hostkeyalias alias",
  ].join("\n");
  expect(target(text)).toEqual({
    name: "h",
    hostName: "Real.Example",
    port: 2222,
    user: "root",
    key: "real.example:2222",
    identityFiles: [`${homedir()}/.ssh/root-Real.Example`, "/abs/key"],
    identitiesOnly: true,
    identityAgent: "none",
    jumps: ["a", "b@c:23"],
    knownHostsFiles: [`${homedir()}/.ssh/kh`, "/other"],
    globalKnownHostsFiles: ["/dev/null"],
    hostKeyAlias: "alias",
    strictHostKeyChecking: "accept-new",
    connectTimeout: 7,
  });
});

test.each([
  ["true", "yes"],
  ["yes", "yes"],
  ["false", "no"],
  ["ask", "ask"],
])("StrictHostKeyChecking %s is %s", (written, meant) => {
  expect(target(`stricthostkeychecking ${written}`).strictHostKeyChecking).toBe(meant);
});

test("ProxyCommand is refused by name, connecttimeout none is none", () => {
  expect(() => target("proxycommand nc %h %p")).toThrow(
    expect.objectContaining({ kind: "host.unsupported" }),
  );
  expect(target("proxycommand none\nconnecttimeout none").connectTimeout).toBeNull();
});

test("quoting", () => {
  expect(shellQuote("it's")).toBe(`'it'\\''s'`);
  expect(() => shellQuote("\0")).toThrow("NUL");
});
