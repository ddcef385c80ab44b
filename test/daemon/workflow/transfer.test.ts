import { execFileSync, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type HeldLock, sweepPutsScript } from "../../../packages/daemon/src/hosts/index.ts";
import { groupFiles } from "../../../packages/daemon/src/operations/transfers.ts";
import { getFile, putFile, remotePath, workflowHost } from "../../../packages/daemon/src/workflow/index.ts";
import { parseHistory } from "../../../packages/daemon/src/workflow/transfer/read-history.ts";
import { frobContext } from "../support/frob-update.ts";
import { ShellHost } from "../support/shell-host.ts";

let root = "";
let host: ShellHost;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "transfer-"));
  mkdirSync(join(root, "home"));
  host = new ShellHost("ant", join(root, "home"));
});
afterEach(() => rmSync(root, { recursive: true }));

const target = (name: string): string => join(root, name);
const hosts = () => [workflowHost(host, null)];
const get = async (name: string, { offset = 0, limit = 100 } = {}) => {
  const [got] = await getFile(frobContext(), {
    hosts: hosts(),
    path: remotePath(target(name)),
    offset,
    limit,
  });
  if (got === undefined) throw new Error("no answer");
  return got;
};
const put = async (
  name: string,
  bytes: Buffer | string,
  { mode, signal, byHand }: { mode?: string; signal?: AbortSignal; byHand?: HeldLock } = {},
) => {
  const context = {
    ...frobContext(),
    ...(signal === undefined ? {} : { signal }),
    ...(byHand === undefined ? {} : { heldByHand: () => byHand }),
  };
  const { hosts: done, sha256 } = await putFile(context, {
    hosts: hosts(),
    path: remotePath(target(name)),
    bytes: Buffer.from(bytes),
    ...(mode === undefined ? {} : { mode }),
  });
  const [result] = done;
  if (result === undefined) throw new Error("no result");
  return { ...result, sha256 };
};
const modeOf = (name: string): string => (statSync(target(name)).mode & 0o7777).toString(8);
/** Everything but what a test made itself. */
const left = (): string[] =>
  [...readdirSync(root), ...readdirSync(join(root, "home"), { recursive: true }).map(String)].filter((name) =>
    /mtui-put|put\./.test(name),
  );

/* Extended attributes, of which Node knows nothing. */
const python = (script: string, path: string) =>
  spawnSync("python3", ["-c", `import os, sys, struct\np = sys.argv[1]\n${script}`, path], {
    encoding: "utf8",
  });
/** Owner, user 12345, group, mask, others. */
const ACL = [
  [1, 6, 2 ** 32 - 1],
  [2, 4, 12_345],
  [4, 4, 2 ** 32 - 1],
  [16, 4, 2 ** 32 - 1],
  [32, 0, 2 ** 32 - 1],
];
const setAttributes = (path: string): boolean =>
  python(
    `os.setxattr(p, "user.mtui", b"x")
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in ${JSON.stringify(ACL)})
os.setxattr(p, "system.posix_acl_access", acl)`,
    path,
  ).status === 0;
const attributesOf = (path: string): string[] =>
  python("print(*sorted(os.listxattr(p)))", path).stdout.trim().split(" ");

/** Has this machine python3, and a file system that keeps them? */
function hasAttributes(): boolean {
  const path = join(tmpdir(), `attributes-${randomBytes(8).toString("hex")}`);
  writeFileSync(path, "");
  try {
    return setAttributes(path);
  } finally {
    rmSync(path);
  }
}

describe("a path on a host", () => {
  it.each([
    "",
    "etc/hosts",
    "/",
    "/etc/",
    "//etc/hosts",
    "/etc/../shadow",
    "/etc/./x",
    "/a\nb",
    "/a\0b",
    `/${"x".repeat(256)}`,
    "/abc".repeat(300),
  ])("is not %j", (text) => {
    expect(() => remotePath(text)).toThrow(expect.objectContaining({ kind: "params.invalid" }));
  });

  it("is what it says, whatever a shell would make of it", async () => {
    const name = "it's $(touch x) `y` -rf *";
    expect(remotePath(`/a/${name}`)).toEqual({ text: `/a/${name}`, directory: "/a", name });
    expect((await put(name, "a")).state).toBe("ok");
    expect((await get(name)).file?.bytes.toString()).toBe("a");
    expect(readdirSync(root).toSorted()).toEqual(["home", name]);
  });
});

describe("getting a file", () => {
  it("reads a part of it, and knows whether there is more", async () => {
    writeFileSync(target("f"), "0123456789");
    chmodSync(target("f"), 0o640);
    symlinkSync("f", target("link"));
    const part = (bytes: string, more: boolean) => ({
      size: 10,
      mode: "0640",
      bytes: Buffer.from(bytes),
      more,
    });
    expect((await get("f")).file).toEqual(part("0123456789", false));
    expect((await get("link", { limit: 10 })).file).toEqual(part("0123456789", false));
    expect((await get("f", { limit: 4 })).file).toEqual(part("0123", true));
    expect((await get("f", { offset: 4, limit: 4 })).file).toEqual(part("4567", true));
    expect((await get("f", { offset: 12 })).file).toEqual(part("", false));
    expect(host.events.filter((event) => event !== "query true")).toEqual([]);
  });

  it("reads what is no text, and what only its content tells the size of", async () => {
    const bytes = randomBytes(300_000);
    writeFileSync(target("f"), bytes);
    expect((await get("f", { limit: 1 << 20 })).file?.bytes.equals(bytes)).toBe(true);
    const [proc] = await getFile(frobContext(), {
      hosts: hosts(),
      path: remotePath("/proc/self/stat"),
      offset: 0,
      limit: 5,
    });
    expect(proc?.file).toMatchObject({ size: 0, more: true });
    expect(proc?.file?.bytes).toHaveLength(5);
  });

  it("says what else is there, without opening it", async () => {
    execFileSync("mkfifo", [target("fifo")]);
    symlinkSync("nowhere", target("dangling"));
    for (const name of ["fifo", "home"]) expect((await get(name)).error?.kind).toBe("file.unsafe");
    for (const name of ["none", "dangling"]) expect((await get(name)).error?.kind).toBe("file.notFound");
    // The kernel opens it, and refuses to read its beginning: half an answer is none.
    const [mem] = await getFile(frobContext(), {
      hosts: hosts(),
      path: remotePath("/proc/self/mem"),
      offset: 0,
      limit: 5,
    });
    expect([mem?.file, mem?.error?.kind]).toEqual([null, "operation.failed"]);
    host.on(/query/, { state: "lost" });
    expect((await get("f")).error?.kind).toBe("host.lost");
  });

  it("shows equal files once, text as text, and all together within a reply", () => {
    const file = (bytes: Buffer | string, fields = {}) => ({
      size: bytes.length,
      mode: "0644",
      bytes: Buffer.from(bytes),
      more: false,
      ...fields,
    });
    const on = (name: string, each: ReturnType<typeof file>) => ({ host: name, file: each, error: null });
    const binary = Buffer.from([0, 255]);
    const groups = groupFiles([on("a", file(binary)), on("b", file("é")), on("c", file("é"))], { offset: 0 });
    expect(groups).toMatchObject([
      { hosts: ["b", "c"], encoding: "utf-8", content: "é", bytes: 2, next_offset: null },
      { hosts: ["a"], encoding: "base64", content: "AP8=", bytes: 2, next_offset: null },
    ]);
    expect(groups[0]?.sha256).toBe(createHash("sha256").update("é").digest("hex"));
    // A character that the limit goes through is left for the next part.
    expect(
      groupFiles([on("a", file(Buffer.from("aé").subarray(0, 2), { size: 3, more: true }))], { offset: 5 }),
    ).toMatchObject([{ content: "a", bytes: 1, next_offset: 6, sha256: null }]);
    // Nothing but escapes would be six times as long.
    expect(groupFiles([on("a", file("\u001b".repeat(50)))], { offset: 0 })[0]?.encoding).toBe("base64");
    const many = groupFiles([on("a", file("x".repeat(90))), on("b", file("y".repeat(90)))], {
      offset: 0,
      room: 100,
    });
    expect(many.map(({ bytes, next_offset, sha256 }) => [bytes, next_offset, sha256])).toEqual([
      [50, 50, null],
      [50, 50, null],
    ]);
  });
});

describe("putting a file", () => {
  it("makes it or replaces it, keeps its mode or sets another, and leaves nothing else", async () => {
    const made = await put("f", "one");
    expect(made).toMatchObject({ state: "ok", commands: [{ step: "put", stdout: "created\n" }] });
    expect(made.commands).toHaveLength(1);
    expect(made.commands[0]?.command).toBe(
      `put ${target("f")} (3 bytes, sha256 ${made.sha256.slice(0, 12)}...)`,
    );
    expect(modeOf("f")).toBe("644");
    chmodSync(target("f"), 0o600);
    expect((await put("f", "")).commands[0]?.stdout).toBe("replaced\n");
    expect([modeOf("f"), readFileSync(target("f"), "utf8")]).toEqual(["600", ""]);
    await put("f", "three", { mode: "4755" });
    expect([modeOf("f"), readFileSync(target("f"), "utf8")]).toEqual(["4755", "three"]);
    expect(left()).toEqual([]);
    expect(host.lock).toBeNull();
  });

  it("sends a large one in pieces", async () => {
    const bytes = randomBytes(200 * 1024 + 1);
    expect((await put("f", bytes)).state).toBe("ok");
    expect(readFileSync(target("f")).equals(bytes)).toBe(true);
    expect(host.events.filter((event) => event.startsWith("change"))).toHaveLength(5);
    expect(left()).toEqual([]);
  });

  it("removes what one left for good when its host was lost, and nothing of one that may be on its way", async () => {
    const ours = join(root, "home", ".mtuid");
    mkdirSync(join(ours, "put.directory"), { recursive: true });
    for (const name of ["put.old", "put.young", "other"]) writeFileSync(join(ours, name), "x");
    // Copies beside their places, whose notes say where; one note was tampered with.
    for (const id of ["a.1", "b.2", "c.3"]) {
      writeFileSync(target(`.mtui-put.${id}`), "x");
      writeFileSync(join(ours, `put.${id}.at`), `${target(id === "c.3" ? "kept" : `.mtui-put.${id}`)}\n`);
    }
    writeFileSync(target("kept"), "x");
    const before = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    for (const name of ["put.old", "put.directory", "other", "put.a.1.at", "put.c.3.at"])
      utimesSync(join(ours, name), before, before);
    expect((await put("f", "one")).state).toBe("ok");
    expect(readdirSync(ours).toSorted()).toEqual(["other", "put.b.2.at", "put.directory", "put.young"]);
    expect(readdirSync(root).toSorted()).toEqual([".mtui-put.b.2", ".mtui-put.c.3", "f", "home", "kept"]);
  });

  it("of which the last step was killed removes its copy, or leaves word where it is", async () => {
    writeFileSync(target("f"), "kept");
    const bin = join(root, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "sha256sum"), "#!/bin/sh\nkill -KILL $PPID\n", { mode: 0o755 });
    host.path = `${bin}:${host.path}`;
    const taking = await host.takeLock("operation", { operation: "lock", rrid: null, workspace: "w" });
    if (taking.state !== "taken") throw new Error(taking.state);
    expect((await put("f", "new", { byHand: taking.lock })).state).toBe("failed");
    expect(left()).toEqual([]);
    await host.releaseLock(taking.lock);
    // The host gave the lock back behind the step: nothing may be done there any more.
    expect((await put("f", "new")).state).toBe("failed");
    const [copy, ...noted] = left().toSorted();
    expect(copy).toMatch(/^\.mtui-put\./);
    expect(readFileSync(join(root, "home", noted[1] ?? ""), "utf8")).toBe(`${target(copy ?? "")}\n`);
    const before = new Date(Date.now() - 30 * 24 * 3600 * 1000);
    for (const name of noted) utimesSync(join(root, "home", name), before, before);
    await host.query(sweepPutsScript());
    expect(left()).toEqual([]);
    expect(readFileSync(target("f"), "utf8")).toBe("kept");
  });

  it.skipIf(!hasAttributes())("keeps the ACL and the extended attributes of what it replaces", async () => {
    writeFileSync(target("f"), "one");
    const before = new Date(Date.now() - 3600_000);
    utimesSync(target("f"), before, before);
    setAttributes(target("f"));
    expect((await put("f", "two")).state).toBe("ok");
    expect(readFileSync(target("f"), "utf8")).toBe("two");
    expect(attributesOf(target("f"))).toEqual(["system.posix_acl_access", "user.mtui"]);
    expect(statSync(target("f")).mtimeMs).toBeGreaterThan(before.getTime() + 1000);
  });

  it("replaces no link, nothing that is no file, and makes no directory", async () => {
    writeFileSync(target("f"), "kept");
    symlinkSync("f", target("link"));
    execFileSync("mkfifo", [target("fifo")]);
    for (const [name, kind] of [
      ["link", "file.unsafe"],
      ["fifo", "file.unsafe"],
      ["home", "file.unsafe"],
      ["none/f", "file.notFound"],
      ["f/x", "file.notFound"],
    ] as const)
      expect(await put(name, "new")).toMatchObject({ state: "failed", error: { kind } });
    expect(readFileSync(target("f"), "utf8")).toBe("kept");
    expect(left()).toEqual([]);
    expect(host.lock).toBeNull();
  });

  it("that is cancelled between its pieces leaves nothing, and the old one in place", async () => {
    writeFileSync(target("f"), "kept");
    const cancel = new AbortController();
    let seen = 0;
    host.gates.push({ pattern: /^change/, enter: async () => void ((seen += 1) === 2 && cancel.abort()) });
    const result = await put("f", randomBytes(200 * 1024), { signal: cancel.signal });
    expect(result.error?.kind).toBe("job.cancelled");
    expect(readFileSync(target("f"), "utf8")).toBe("kept");
    expect(left()).toEqual([]);
    expect(host.lock).toBeNull();
  });

  it("that does not arrive as it was sent replaces nothing", async () => {
    writeFileSync(target("f"), "kept");
    const spoil = async (): Promise<void> => {
      const [staged] = readdirSync(join(root, "home", ".mtuid"));
      writeFileSync(join(root, "home", ".mtuid", staged ?? ""), "other");
    };
    let steps = 0;
    host.gates.push({ pattern: /^change/, enter: async () => ((steps += 1) === 2 ? spoil() : undefined) });
    const { state, error } = await put("f", "new");
    expect([state, error?.message]).toEqual(["failed", expect.stringContaining("arrived damaged")]);
    expect(readFileSync(target("f"), "utf8")).toBe("kept");
    expect(left()).toEqual([]);
  });

  it("does nothing in a directory of ours that is a link of others", async () => {
    symlinkSync(root, join(root, "home", ".mtuid"));
    expect(await put("f", "x")).toMatchObject({ state: "failed", error: { kind: "operation.failed" } });
    expect(readdirSync(root)).toEqual(["home"]);
  });
});

it("reads the lines of a history that are some", () => {
  expect(
    parseHistory("1795326896:al:update:SUSE:Maintenance:1:2:frob\nnoise\n:a:b\n5:bob:\n6:bob:install:x y\n"),
  ).toEqual([
    { at: 1795326896, user: "al", text: "update:SUSE:Maintenance:1:2:frob" },
    { at: 6, user: "bob", text: "install:x y" },
  ]);
  const [long] = parseHistory(`7:bob:run:${"x".repeat(100_000)}\n`);
  expect(long?.text).toHaveLength(1003);
});
