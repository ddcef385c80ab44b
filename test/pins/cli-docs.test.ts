import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { buildCommandTable } from "@mtui/core/registry";
import { withGeneratedParts } from "../../scripts/generate/cli-docs.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/cli.md"), "utf8");

test("docs/cli.md has the commands and error kinds as they are (node --conditions=mtui-source scripts/docs.ts)", () => {
  expect(page).toBe(withGeneratedParts(page, buildCommandTable("0.1.0")));
});

test("it documents each command that can be typed, and no hidden one", () => {
  expect(page).toContain("### job cancel\n\n`mtuictl job cancel ID [ID...]`\n");
  expect(page).toContain("### run\n\n`mtuictl run COMMAND...`\n");
  expect(page).toContain(
    "| `-t, --target <host>` | only these hosts; default: all of the workspace; repeatable |",
  );
  expect(page).not.toContain("### hello");
});
