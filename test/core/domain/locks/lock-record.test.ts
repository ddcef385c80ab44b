import { formatLock, LOCK_FILE_LIMIT, type LockFile, parseLockFile } from "@mtui/core/domain";
import { assert, nat, property, stringMatching, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";

const parse = (text: string) => parseLockFile(Buffer.from(text));
const held = (epoch: number | null, user: string, pid: number, comment = ""): LockFile => ({
  state: "held",
  record: { epoch, user, pid, comment },
});
const malformed = { state: "malformed", text: expect.any(String) };

describe("parseLockFile", () => {
  it.each<[string, unknown]>([
    ["", { state: "free" }],
    ["\n", malformed],
    ["   ", malformed],
    ["garbage", malformed],
    ["a:b", malformed],
    ["a:b:c", malformed],
    ["1:b:2", held(1, "b", 2)],
    ["abc:bob:12:", held(null, "bob", 12)],
    ["::5:", { state: "free" }],
    ["1::99999999999999999999:", { state: "free" }],
    ["1:bob:99999999999999999999:", malformed],
    ["::x:", malformed],
    ["1:bob:12\nmore:x:y\n", held(1, "bob", 12)],
    [" 1:bob: 12 ", held(1, "bob", 12)],
    ["1:bob:12\r\n", held(1, "bob", 12)],
    ["1795326896:alice:13237", held(1795326896, "alice", 13237)],
    [
      "1795326896:alice:13237:mtui pool SUSE:Maintenance:31337:298765 [SUSE:Maintenance:31337:298765]",
      held(
        1795326896,
        "alice",
        13237,
        "mtui pool SUSE:Maintenance:31337:298765 [SUSE:Maintenance:31337:298765]",
      ),
    ],
    ["99999999999:eve:1:from the future", held(99999999999, "eve", 1, "from the future")],
    ["99999999999999999999:eve:1", held(null, "eve", 1)],
    ["-5:eve:1", held(-5, "eve", 1)],
    [":eve:1", held(null, "eve", 1)],
    ["1:bob:12:\u001b[2J", held(1, "bob", 12, "\u001b[2J")],
  ])("%j", (text, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it("reads broken UTF-8 without failing", () => {
    expect(parseLockFile(Buffer.from([0x31, 0x3a, 0xff, 0x3a, 0x32]))).toEqual(held(1, "\ufffd", 2));
    expect(parseLockFile(Buffer.from([0xff, 0xfe, 0x00]))).toEqual(malformed);
  });

  it("looks at a bounded beginning alone", () => {
    expect(parse(`1:bob:12:${"x".repeat(LOCK_FILE_LIMIT)}`)).toEqual(malformed);
    expect(parse(`1:bob:12\n${"x".repeat(LOCK_FILE_LIMIT)}`)).toEqual(held(1, "bob", 12));
    const found = parse("x".repeat(10 * LOCK_FILE_LIMIT));
    expect(found.state === "malformed" && found.text.length).toBe(256);
  });

  it("never throws, and never says free of bytes that name a user", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        const found = parseLockFile(Buffer.from(bytes));
        expect(["free", "held", "malformed"]).toContain(found.state);
        if (found.state === "held") expect(found.record.user).not.toBe("");
      }),
    );
  });
});

describe("formatLock", () => {
  it.each([
    ["", "1795326896:alice+mtuid:42"],
    ["a: b", "1795326896:alice+mtuid:42:a: b"],
    ["  padded ", "1795326896:alice+mtuid:42:padded"],
  ])("with comment %j is %s", (comment, bytes) => {
    expect(formatLock({ epoch: 1795326896, user: "alice+mtuid", pid: 42, comment })).toBe(bytes);
  });

  it("reads back as it was written", () => {
    const word = stringMatching(/^[a-z+._-]{1,12}$/);
    const comment = stringMatching(/^([a-z:=[\]]+( [a-z:]+)*)?$/);
    assert(
      property(nat(), word, nat(), comment, (epoch, user, pid, text) => {
        const record = { epoch, user, pid, comment: text };
        expect(parse(formatLock(record))).toEqual({ state: "held", record });
      }),
    );
  });

  const good = { epoch: 1, user: "alice", pid: 2, comment: "" };
  it.each([
    [{ user: "" }, "config.invalid"],
    [{ user: "a:b" }, "config.invalid"],
    [{ user: "a\nb" }, "config.invalid"],
    [{ user: " a" }, "config.invalid"],
    [{ comment: "a\nb" }, "params.invalid"],
    [{ comment: "a\u0000b" }, "params.invalid"],
    [{ comment: "\u202eb" }, "params.invalid"],
    [{ comment: "x".repeat(LOCK_FILE_LIMIT) }, "params.invalid"],
    [{ epoch: null }, "params.invalid"],
    [{ epoch: 1.5 }, "params.invalid"],
    [{ epoch: -1 }, "params.invalid"],
    [{ pid: Number.NaN }, "params.invalid"],
  ])("refuses %j", (change, kind) => {
    expect(() => formatLock({ ...good, ...change })).toThrow(
      expect.objectContaining({ kind, hint: expect.any(String) }),
    );
  });
});
