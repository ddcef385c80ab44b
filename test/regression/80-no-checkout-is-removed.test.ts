import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRrid } from "@mtui/core/domain";
import { expect, test } from "vitest";
import { loadTemplate } from "../../packages/daemon/src/workspaces/template-store.ts";

test("a template that cannot be used is left as it is, with what a person wrote into it", async () => {
  const templateDir = mkdtempSync(join(tmpdir(), "mtui-templates-"));
  try {
    const rrid = parseRrid("SUSE:SLFO:1.2:345");
    const directory = join(templateDir, rrid.text);
    mkdirSync(directory);
    writeFileSync(join(directory, "log"), "hours of notes\n");
    const load = loadTemplate(rrid, {
      templateDir,
      svnPath: "svn://x.example",
      fancyReportsUrl: "http://x.example",
    });
    await expect(load).rejects.toMatchObject({ kind: "template.invalid" });
    expect(readdirSync(directory)).toEqual(["log"]);
    expect(readdirSync(templateDir)).toEqual([rrid.text]);
  } finally {
    rmSync(templateDir, { recursive: true, force: true });
  }
});
