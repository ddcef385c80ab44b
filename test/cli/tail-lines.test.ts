import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readOn, tailLines } from "../../packages/cli/src/local/tail-lines.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mtui-tail-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function tail(text: string, lines: number): Promise<string> {
  const path = join(folder, "log");
  await writeFile(path, text);
  await using file = await open(path, "r");
  return (await tailLines(file, lines)).text;
}

test.each([
  ["", 3, ""],
  ["a\n", 3, "a\n"],
  ["a\nb\nc\nd\n", 2, "c\nd\n"],
  ["a\nb\nunfinished", 2, "b\nunfinished"],
  ["a\n\n\n", 2, "\n\n"],
  ["a\nb\n", 0, ""],
])("of %j the last %i lines", async (text, lines, expected) =>
  expect(await tail(text, lines)).toBe(expected),
);

test("a line is whole across the borders of what is read at once", async () => {
  const long = `${"ü".repeat(100_000)}\n`;
  expect(await tail(`first\n${long}last\n`, 2)).toBe(`${long}last\n`);
});

test("reading on: whole lines, and from the start when the file became shorter", async () => {
  const path = join(folder, "growing");
  await writeFile(path, "one\ntw");
  expect(await readOn(path, 0)).toEqual({ text: "one\n", end: 4 });
  await writeFile(path, "one\ntwo\n");
  expect(await readOn(path, 4)).toEqual({ text: "two\n", end: 8 });
  await writeFile(path, "new\n");
  expect(await readOn(path, 8)).toEqual({ text: "new\n", end: 4 });
});
