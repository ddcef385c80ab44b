import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { lineSplitter } from "../../../packages/core/src/protocol/framing/line-splitter.ts";

function collect(maxBytes = 1024) {
  const lines: string[] = [];
  const onTooLong = vi.fn();
  const splitter = lineSplitter({ maxBytes, onLine: (line) => lines.push(line.toString()), onTooLong });
  return { lines, onTooLong, splitter };
}

test("lines come out the same however the bytes are cut", () => {
  const line = fc.string({ unit: "binary", maxLength: 30 }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(
      fc.array(line, { maxLength: 8 }),
      fc.array(fc.nat(40), { maxLength: 40 }),
      (expected, cuts) => {
        const { lines, splitter } = collect();
        let bytes = Buffer.from(expected.map((text) => `${text}\n`).join(""));
        const wanted = bytes.toString().split("\n").slice(0, -1);
        for (const cut of cuts) {
          splitter.push(bytes.subarray(0, cut));
          bytes = bytes.subarray(cut);
        }
        splitter.push(bytes);
        expect(lines).toEqual(wanted);
        expect(splitter.pending).toBe(0);
      },
    ),
  );
});

test("the bound is exact, and counts the parts of a line together", () => {
  const exact = collect(4);
  exact.splitter.push(Buffer.from("ab"));
  exact.splitter.push(Buffer.from("cd\n"));
  expect(exact.lines).toEqual(["abcd"]);
  const over = collect(4);
  over.splitter.push(Buffer.from("ok\nab"));
  over.splitter.push(Buffer.from("cde"));
  expect(over.onTooLong).toHaveBeenCalledTimes(1);
  over.splitter.push(Buffer.from("\nmore\n"));
  expect(over.lines).toEqual(["ok"]);
  expect(over.onTooLong).toHaveBeenCalledTimes(1);
});

test("stop() in the middle of a chunk drops what is left of it", () => {
  const lines: string[] = [];
  const splitter = lineSplitter({
    maxBytes: 99,
    onLine: (line) => {
      lines.push(line.toString());
      splitter.stop();
    },
    onTooLong: () => {},
  });
  splitter.push(Buffer.from("one\ntwo\nthree"));
  expect(lines).toEqual(["one"]);
  expect(splitter.pending).toBe(0);
});
