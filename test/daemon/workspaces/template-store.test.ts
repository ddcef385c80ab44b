import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRrid } from "@mtui/core/domain";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { loadTemplate } from "../../../packages/daemon/src/workspaces/template-store.ts";

const RRID = parseRrid("SUSE:Maintenance:5:50");
const METADATA = JSON.stringify({
  rrid: RRID.text,
  testplatform: [],
  packages: {},
  repository: "http://x.example/",
});

describe("a template that is checked out", () => {
  let home: string;
  let templates: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "mtui-templates-"));
    templates = join(home, "templates");
    mkdirSync(join(home, "bin"));
    vi.stubEnv("PATH", `${join(home, "bin")}:${process.env["PATH"] ?? ""}`);
  });

  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  });

  /** In place of Subversion: its last argument is the directory to make. */
  function svn(script: string): void {
    const path = join(home, "bin", "svn");
    writeFileSync(path, `#!/bin/sh\nfor d; do :; done\nmkdir "$d" || exit 1\n${script}\n`);
    chmodSync(path, 0o755);
  }

  const load = () =>
    loadTemplate(RRID, {
      templateDir: templates,
      svnPath: "svn://x.example/reports",
      fancyReportsUrl: "http://x.example",
    });

  test("appears whole, under its own name", async () => {
    writeFileSync(join(home, "metadata.json"), METADATA);
    svn(
      `echo 'SUMMARY: PASSED/FAILED' >"$d/log"; cp ${home}/metadata.json "$d"; echo '<project/>' >"$d/project.xml"`,
    );
    expect(await load()).toMatchObject({ rrid: RRID, path: join(templates, RRID.text) });
    expect(readdirSync(templates)).toEqual([RRID.text]);
  });

  test("and breaks off half-way leaves nothing that looks like one", async () => {
    svn(`echo half >"$d/log"; echo 'svn: E170013: no route to host' >&2; exit 1`);
    await expect(load()).rejects.toMatchObject({
      kind: "template.notFound",
      message: expect.stringContaining("E170013: no route to host"),
    });
    expect(readdirSync(templates)).toEqual([]);
  });

  test("a link in the place of a file or of the directory is refused", async () => {
    svn(`ln -s /etc/passwd "$d/log"`);
    await expect(load()).rejects.toMatchObject({ kind: "template.unsafe" });
    rmSync(join(templates, RRID.text), { recursive: true });
    symlinkSync(home, join(templates, RRID.text));
    await expect(load()).rejects.toMatchObject({ kind: "template.unsafe" });
    expect(existsSync(home)).toBe(true);
  });
});
