import {
  type OurComment,
  ourComment,
  ourLockUser,
  parseOurComment,
  readableComment,
} from "@mtui/core/domain";
import { describe, expect, it } from "vitest";

const pool: OurComment = {
  kind: "pool",
  operation: null,
  rrid: "SUSE:Maintenance:31337:298765",
  workspace: "SUSE-Maintenance-31337-298765",
  daemonId: "d0ae",
  nonce: "n-1_x",
};
const operation: OurComment = { ...pool, kind: "operation", operation: "update", workspace: "agent/default" };

const forms: [comment: string, parts: OurComment][] = [
  ["mtui pool SUSE:Maintenance:31337:298765 [SUSE-Maintenance-31337-298765] d=d0ae n=n-1_x", pool],
  ["mtui pool - [default] d=d0ae n=n-1_x", { ...pool, rrid: null, workspace: "default" }],
  ["mtui update SUSE:Maintenance:31337:298765 [agent/default] d=d0ae n=n-1_x", operation],
  [
    "mtui set_repo SUSE:SLFO:1.2:4711 [w] d=a n=b",
    {
      ...operation,
      operation: "set_repo",
      rrid: "SUSE:SLFO:1.2:4711",
      workspace: "w",
      daemonId: "a",
      nonce: "b",
    },
  ],
  [
    "mtui lock - [w] keep off: d=1 n=2 d=a n=b",
    {
      kind: "operation",
      operation: "lock",
      rrid: null,
      workspace: "w",
      daemonId: "a",
      nonce: "b",
      note: "keep off: d=1 n=2",
    },
  ],
];

describe("our lock comments", () => {
  it.each(forms)("%s", (comment, parts) => {
    expect(ourComment(parts)).toBe(comment);
    expect(parseOurComment(comment)).toEqual(parts);
  });

  it("are the pool comments of other mtuis: their RRID is the third word", () => {
    expect(ourComment(pool).split(" ").slice(0, 3)).toEqual(["mtui", "pool", pool.rrid]);
  });

  it.each([
    "",
    "testing of SUSE:PI:16.0:5150",
    "mtui pool SUSE:Maintenance:31337:298765 [SUSE:Maintenance:31337:298765]",
    "mtui-mcp pool SUSE:Maintenance:1:2 [w] d=a n=b",
    "x mtui pool - [w] d=a n=b",
    "mtui pool - [w] d=a n=b x",
    "mtui pool - [w] n=b d=a",
    "mtui pool - [../w] d=a n=b",
    "mtui pool nothing [w] d=a n=b",
    "mtui pool - [w] d=a/b n=b",
    "mtui PO;OL - [w] d=a n=b",
    "mtui lock - [w] \u001b[2J d=a n=b",
  ])("%j is somebody else's", (comment) => {
    expect(parseOurComment(comment)).toBeNull();
  });

  it.each<[string, Partial<OurComment>]>([
    ["an operation named pool", { kind: "operation", operation: "pool" }],
    ["no operation", { kind: "operation", operation: null }],
    ["a shell's word", { kind: "operation", operation: "a b" }],
    ["a bad workspace", { workspace: "a]b" }],
    ["a newline in the nonce", { nonce: "a\nb" }],
    ["an empty daemon id", { daemonId: "" }],
    ["a bad RRID", { rrid: "SUSE:x y" }],
    ["a note of two lines", { note: "a\nb" }],
    ["a very long note", { note: "x".repeat(501) }],
  ])("refuses %s", (_, change) => {
    expect(() => ourComment({ ...pool, ...change })).toThrow(
      expect.objectContaining({ kind: "params.invalid" }),
    );
  });
});

it("our user is nobody's login", () => {
  expect(ourLockUser("alice")).toBe("alice+mtuid");
});

it("is read by people without its ids; other people's comments stay as they are", () => {
  expect(readableComment("mtui pool - [default] d=d0ae n=n-1_x")).toBe("mtui pool - [default]");
  expect(readableComment("mtui lock - [w] hands off d=a n=b")).toBe("mtui lock - [w] hands off");
  expect(readableComment("see d=1 n=2")).toBe("see d=1 n=2");
});
