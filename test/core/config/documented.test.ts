import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keysOf, SECTION_NAMES } from "../../../packages/core/src/config/schema/sections.ts";

const byText = (a = "", b = "") => (a < b ? -1 : 1);

test("every key is documented, and nothing else is", () => {
  const text = readFileSync(join(import.meta.dirname, "../../../docs/formats/config.md"), "utf8");
  const documented = [...text.matchAll(/^\| `([a-z]+\.[a-z_]+)` \|/gm)].map(([, key]) => key);
  const keys = SECTION_NAMES.flatMap((section) => keysOf(section).map((key) => `${section}.${key}`));
  expect(documented.toSorted(byText)).toEqual(keys.toSorted(byText));
});
