import { MtuiError } from "@mtui/core/protocol";
import { assert, constantFrom, integer, oneof, property, string, stringMatching } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRrid, workspaceOf } from "@mtui/core/domain";

const accepted: [input: string, text: string, incident: number | string][] = [
  ["SUSE:Maintenance:1234:56789", "SUSE:Maintenance:1234:56789", 1234],
  ["S:M:1234:56789", "SUSE:Maintenance:1234:56789", 1234],
  ["SUSE:SLFO:1.1:123", "SUSE:SLFO:1.1:123", "1.1"],
  ["S:S:1.2:99", "SUSE:SLFO:1.2:99", "1.2"],
  ["SUSE:SLFO:git:5", "SUSE:SLFO:git:5", "git"],
  ["SUSE:SLFO:main:5", "SUSE:SLFO:main:5", "main"],
  ["SUSE:SLFO:1:123", "SUSE:SLFO:1:123", 1],
  ["SUSE:PI:16.0:77", "SUSE:PI:16.0:77", "16.0"],
  ["S:P:16.0:77", "SUSE:PI:16.0:77", "16.0"],
  ["S::M::1:2", "SUSE:Maintenance:1:2", 1],
  [":SUSE:Maintenance:1:2:", "SUSE:Maintenance:1:2", 1],
  ["SUSE:Maintenance:0001:2", "SUSE:Maintenance:1:2", 1],
  [
    "SUSE:Maintenance:0012345678901234567890:2",
    "SUSE:Maintenance:12345678901234567890:2",
    "12345678901234567890",
  ],
  ["SUSE:Maintenance: 1 :2", "SUSE:Maintenance:1:2", 1],
  ["SUSE:Maintenance:+1_000: 002 ", "SUSE:Maintenance:1000:2", 1000],
  ["SUSE:Maintenance:-1:-2", "SUSE:Maintenance:-1:-2", -1],
  ["SUSE:Maintenance:-0:2", "SUSE:Maintenance:0:2", 0],
  ["SUSE:Maintenance:abc:2", "SUSE:Maintenance:abc:2", "abc"],
  [
    "SUSE:Maintenance:99999999999999999999:2",
    "SUSE:Maintenance:99999999999999999999:2",
    "99999999999999999999",
  ],
];

const refused: [input: string, why: RegExp][] = [
  ["", /empty/],
  [":::", /empty/],
  ["SUSE:Maintenance:1:2:3", /5 parts/],
  ["SUSE", /second part/],
  ["SUSE:Maintenance", /third part/],
  ["SUSE:Maintenance:1", /fourth part/],
  ["openSUSE:Maintenance:1:2", /first part/],
  ["suse:Maintenance:1:2", /first part/],
  ["SUSE:maintenance:1:2", /kind/],
  ["SUSE:constructor:1:2", /kind/],
  ["SUSE:Maintenance:1:abc", /review/],
  ["SUSE:Maintenance:1:1.5", /review/],
  ["SUSE:Maintenance:1:99999999999999999999", /review/],
  ["SUSE:SLFO:../../x:1", /incident/],
  ["SUSE:SLFO:..:1", /incident/],
  ["SUSE:SLFO:a..b:1", /incident/],
  ["SUSE:SLFO:a/b:1", /incident/],
  ["SUSE:SLFO:a\u0000b:1", /incident/],
  ["SUSE:SLFO:a\nb:1", /incident/],
  ["SUSE:SLFO:a b:1", /incident/],
  ["SUSE:SLFO:   :1", /blank/],
  ["SUSE:SLFO:$(reboot):1", /incident/],
  [`SUSE:SLFO:${"x".repeat(29)}:1`, /28 characters/],
  [`SUSE:SLFO:1:${"1".repeat(300)}`, /256/],
];

describe("parseRrid", () => {
  it.each(accepted)("reads %j as %s", (input, text, incident) => {
    const rrid = parseRrid(input);
    expect(rrid.text).toBe(text);
    expect(rrid.incident).toBe(incident);
  });

  it.each(refused)("refuses %j", (input, why) => {
    let thrown: unknown;
    try {
      parseRrid(input);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(MtuiError);
    expect(thrown).toMatchObject({ kind: "rrid.invalid", message: expect.stringMatching(why) });
    expect((thrown as MtuiError).hint).toContain("SUSE:Maintenance:");
  });

  it("shows no control characters of the input in its message", () => {
    expect(() => parseRrid("\u001b[2J:x")).toThrow(/^[\x20-\x7e]+$/);
  });

  it("reads its own canonical text, and names a directory and a workspace, whatever it accepts", () => {
    const part = oneof(
      string({ unit: "grapheme" }),
      integer().map(String),
      stringMatching(/^[0-9a-z._/ -]{1,30}$/),
    );
    assert(
      property(constantFrom("M", "S", "P"), part, part, (kind, incident, review) => {
        let rrid: ReturnType<typeof parseRrid>;
        try {
          rrid = parseRrid(`S:${kind}:${incident}:${review}`);
        } catch (error) {
          expect(error).toMatchObject({ kind: "rrid.invalid" });
          return;
        }
        expect(parseRrid(rrid.text)).toEqual(rrid);
        expect(rrid.text).not.toMatch(/[/\s]|\.\./);
        expect(workspaceOf(rrid)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
      }),
    );
  });
});

it("a workspace is named after the RRID, with dashes", () => {
  expect(workspaceOf(parseRrid("S:M:31337:298765"))).toBe("SUSE-Maintenance-31337-298765");
});
