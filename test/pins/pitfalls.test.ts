import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs", "pitfalls.md"), "utf8");

test("every rule has its number once, in order, and names tests that are there", () => {
  const rows = [...page.matchAll(/^\| (\d+) \| .* \| (.*) \|$/gm)];
  expect(rows.map((row) => Number(row[1]))).toEqual(Array.from({ length: 81 }, (_, index) => index + 1));
  const named = rows.flatMap((row) =>
    [...(row[2] ?? "").matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path]) => path ?? ""),
  );
  expect(named.filter((path) => !existsSync(join(root, "test", path)))).toEqual([]);
  expect(named.length).toBeGreaterThan(100);
});

test("every regression test is named by the page", () => {
  const files = globSync("regression/*.test.ts", { cwd: join(root, "test") });
  expect(files.filter((file) => !page.includes(file))).toEqual([]);
  expect(files.length).toBeGreaterThan(5);
});
