import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { oneLine, sanitise, sanitiseDeep } from "../../packages/cli/src/terminal/sanitise.ts";

describe("nothing steers the terminal", () => {
  test.each([
    ["plain text stays", "grüße, 日本語 👩‍🚒\n\ttab", "grüße, 日本語 👩‍🚒\n\ttab"],
    ["colours", "\u001b[1;31mred\u001b[0m", "red"],
    ["CSI with intermediates", "\u001b[?25h\u001b[4 q\u001b[>0cx", "x"],
    ["unfinished CSI", "a\u001b[12", "a"],
    ["8-bit CSI", "\u009b2Jx", "x"],
    ["window title", "\u001b]0;pwned\u0007x", "x"],
    ["clipboard, ended by ST", "\u001b]52;c;aGk=\u001b\\x", "x"],
    ["8-bit OSC ended by 8-bit ST", "\u009d0;t\u009cx", "x"],
    ["hyperlink keeps its text", "\u001b]8;;http://evil\u0007click\u001b]8;;\u0007", "click"],
    ["DCS with payload", "\u001bPq#0;2;0;0;0\u001b\\x", "x"],
    ["APC, PM, SOS", "\u001b_a\u001b\\\u001b^b\u001b\\\u001bXc\u001b\\x", "x"],
    ["an OSC without end does not swallow what follows", "\u001b]0;title\nnext line", "0;title\nnext line"],
    ["an OSC cut by another sequence", "\u001b]0;a\u001b[31mb", "0;ab"],
    ["reset, charset, keypad", "\u001bc\u001b(0\u001b=x", "x"],
    ["lone escape at the end", "x\u001b", "x"],
    ["two escapes", "\u001b\u001b[31mx", "x"],
    ["carriage return shows both texts", "evil\rgood", "evil\ngood"],
    ["CRLF is one line end", "a\r\nb", "a\nb"],
    ["backspace", "rm\b\bls", "rmls"],
    ["bell, vertical tab, form feed, NUL, DEL", "\u0007a\u000b\u000c\u0000\u007f", "a"],
    ["shift out and in", "\u000ea\u000f", "a"],
    ["bidi override and isolates", "\u202egnp.exe\u202c\u2066x\u2069", "gnp.exex"],
    ["direction marks", "a\u200e\u200f\u061cb", "ab"],
    ["zero width space, joiner, BOM", "a\u200b\u2060\ufeffb", "ab"],
    ["tag characters", "a\u{e0041}\u{e007f}b", "ab"],
    ["line and paragraph separator, NEL", "a\u2028b\u2029c\u0085d", "a\nb\nc\nd"],
    ["half a surrogate pair", "a\ud800b", "a\ufffdb"],
    ["a sequence made by removing another", "\u001b\u0007[31mx", "[31mx"],
  ])("%s", (_name, hostile, safe) => expect(sanitise(hostile)).toBe(safe));

  test("any text, however it is put together, leaves no control", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "\u001b",
        "[",
        "]",
        "P",
        "\\",
        "\u0007",
        "\u009b",
        "\u009d",
        "\u009c",
        "31",
        "m",
        ";",
        "\r",
        "\b",
        "\u202e",
        "\u2028",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const safe = sanitise(pieces.join(""));
        expect(safe).not.toMatch(
          /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/,
        );
        expect(safe.isWellFormed()).toBe(true);
        expect(sanitise(safe)).toBe(safe);
      }),
    );
  });

  test("a megabyte of introducers takes no quadratic time", () => {
    expect(sanitise("\u001b]".repeat(500_000))).toBe("");
    expect(sanitise(`\u001b]${"a".repeat(1_000_000)}`)).toHaveLength(1_000_000);
    expect(sanitise("\u009d;".repeat(500_000))).toBe(";".repeat(500_000));
  });
});

test("one line stays one line", () => {
  expect(oneLine(" a\n\tb\r\nc \u001b[31m")).toBe("a b c");
});

test("every string of a reply, names of properties too", () => {
  const reply = { "h\u001b[31mx": [{ a: "\u001b]0;t\u0007b", n: 1, z: null, t: true }] };
  expect(sanitiseDeep(reply)).toEqual({ hx: [{ a: "b", n: 1, z: null, t: true }] });
});
