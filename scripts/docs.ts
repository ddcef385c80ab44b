/**
 * Brings the generated parts of the documentation up to date; a test fails when they are not.
 *
 *   node --conditions=mtui-source scripts/docs.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildCommandTable } from "@mtui/core/registry";
import { withGeneratedParts } from "./generate/cli-docs.ts";

const page = join(import.meta.dirname, "..", "docs", "cli.md");
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8")) as {
  version: string;
};
writeFileSync(page, withGeneratedParts(readFileSync(page, "utf8"), buildCommandTable(version)));
