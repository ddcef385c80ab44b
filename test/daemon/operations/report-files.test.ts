import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { AGENT, type Desk, openDesk } from "../support/desk.ts";

async function loaded(desk: Desk, workspace = "w"): Promise<{ rrid: string; path: string }> {
  const { rrid, path } = await desk.call("load_template", { workspace, auto_review_id: desk.template(1) });
  return { rrid, path };
}

describe("the report's text, by the operations on it", () => {
  test("is read, patched, filled in and written, each time as the one that was read", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await loaded(desk);
    const read = await desk.call("testreport_read", { workspace: "w" });
    expect(read).toMatchObject({ line_count: 3, offset: 1, returned_lines: 3, next_offset: null });
    expect(read.content).toBe("SUMMARY: PASSED/FAILED\n\ncomment: (none)\n");
    const patch = { workspace: "w", start_line: 3, end_line: 3, replacement: "comment: fine – ✓" };
    const patched = await desk.call("testreport_patch", { ...patch, expect_hash: read.sha256 });
    expect(patched).toMatchObject({ new_line_count: 3, replaced_lines: 1, inserted_lines: 1 });
    await expect(desk.call("testreport_patch", { ...patch, expect_hash: read.sha256 })).rejects.toMatchObject(
      {
        kind: "report.changed",
        data: { sha256: patched.sha256 },
      },
    );
    const filled = await desk.call("testreport_fill", { workspace: "w", summary: "PASSED" });
    expect(filled.filled).toEqual({ summary: 1, reproducer: 0, status: 0 });
    expect(await desk.call("testreport_fill", { workspace: "w", summary: "FAILED" })).toMatchObject({
      bytes_written: 0,
      filled: { summary: 0 },
      sha256: filled.sha256,
    });
    expect((await desk.call("testreport_read", { workspace: "w", offset: 3 })).content).toBe(
      "comment: fine – ✓\n",
    );
    expect(await desk.call("testreport_write", { workspace: "w", content: "é\n" })).toMatchObject({
      bytes_written: 3,
      line_count: 1,
    });
    expect(await desk.call("testreport_read", { workspace: "w" })).toMatchObject({
      bytes: 3,
      content: "é\n",
    });
    for (const call of [
      desk.call("testreport_fill", { workspace: "w" }),
      desk.call("testreport_write", { workspace: "w", content: "\ud800" }),
      desk.call("testreport_patch", { ...patch, replacement: "\ud800" }),
    ])
      await expect(call).rejects.toMatchObject({ kind: "params.invalid" });
    expect(await desk.call("testreport_read", { workspace: "w" })).toMatchObject({ content: "é\n" });
  });

  test("is told of when it is written, and only then", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { rrid } = await loaded(desk, "claude/w");
    const told = () => desk.services.events.read(0, { types: ["report.written"] }).events;
    const call = { client: AGENT };
    const { sha256 } = await desk.call("testreport_read", { workspace: "w" }, call);
    await desk.call(
      "testreport_patch",
      { workspace: "w", start_line: 3, end_line: 3, replacement: "a" },
      call,
    );
    await desk.call("testreport_fill", { workspace: "w", summary: "PASSED" }, call);
    await desk.call("testreport_write", { workspace: "w", content: "b\n" }, call);
    const event = { type: "report.written", workspace: "claude/w", data: { rrid, path: "log" } };
    expect(told()).toMatchObject([event, event, event]);
    // What it said already, and what is refused.
    await desk.call("testreport_write", { workspace: "w", content: "b\n" }, call);
    const late = { workspace: "w", content: "c\n", expect_hash: sha256 };
    await expect(desk.call("testreport_write", late, call)).rejects.toMatchObject({ kind: "report.changed" });
    expect(told()).toHaveLength(3);
  });

  test("has logs and a diff beside it", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { path } = await loaded(desk);
    mkdirSync(join(path, "install_logs"));
    writeFileSync(join(path, "install_logs", "ant.log"), "log");
    expect(await desk.call("testreport_logs", { workspace: "w" })).toEqual({
      path,
      build_checks: [],
      install_logs: [{ name: "ant.log", size: 3 }],
    });
    await expect(desk.call("show_diff", { workspace: "w" })).rejects.toMatchObject({ kind: "file.notFound" });
    writeFileSync(join(path, "source.diff"), "-a\n+b\n");
    expect((await desk.call("show_diff", { workspace: "w", offset: 2 })).content).toBe("+b\n");
  });

  test("is an agent's to change in its own namespace alone, and needs a report", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { rrid } = await loaded(desk);
    const edits = [
      ["testreport_write", { content: "x" }],
      ["testreport_patch", { start_line: 1, end_line: 1, replacement: "" }],
      ["testreport_fill", { summary: "PASSED" }],
      ["set_timeout", { timeout: 1 }],
    ] as const;
    const foreign = await desk.call("load_template", { workspace: "people/w", auto_review_id: rrid });
    for (const [name, params] of edits)
      await expect(
        desk.call(name, { ...params, workspace: foreign.workspace }, { client: AGENT }),
      ).rejects.toMatchObject({ kind: "permission.denied" });
    await expect(desk.call("testreport_read", {}, { client: AGENT })).rejects.toMatchObject({
      kind: "workspace.empty",
    });
  });
});

describe("what a report says", () => {
  test("is shown without asking a host", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const { rrid, path } = await loaded(desk);
    expect(await desk.call("show_update_repos", { workspace: "w" })).toMatchObject({
      rrid,
      repositories: [{ product: "SLES", version: "15-SP6", arch: "x86_64" }],
    });
    expect(await desk.call("list_bugs", { workspace: "w" })).toEqual({ rrid, url: null, bugs: [], jira: [] });
    const metadata = {
      rrid,
      packages: { "15-SP6": ["frob = 2-1"] },
      bugs: ["12"],
      jira: ["PED-1"],
      repository: "http://download.example.com/ibs/",
    };
    writeFileSync(join(path, "metadata.json"), JSON.stringify(metadata));
    await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    expect(await desk.call("list_bugs", { workspace: "w" })).toMatchObject({
      url: "https://bugzilla.suse.com/buglist.cgi?bug_id=12",
      bugs: [{ id: "12", url: "https://bugzilla.suse.com/show_bug.cgi?id=12" }],
      jira: [{ id: "PED-1", url: null }],
    });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    const { hosts } = await desk.call("list_update_commands", { workspace: "w" });
    expect(hosts).toHaveLength(1);
    expect(hosts[0]?.hosts).toEqual(["ant", "bee"]);
    expect(hosts[0]?.commands.join("\n")).toMatch(
      / in -y -l frob\n.* ar -ckn issue-.*\n.* ref\n.* patches\n.* -t patch PATCH\n.* rr issue-/,
    );
    expect(desk.pool.machine("ant").commands.filter((line) => line.includes("zypper"))).toEqual([]);
  });

  test("is unloaded by its name: the one workspace of one's own that has it", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { rrid } = await loaded(desk);
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const mine = { client: AGENT };
    await expect(desk.call("unload", { rrid }, mine)).rejects.toMatchObject({ kind: "workspace.unknown" });
    expect((await desk.call("list_templates", {}, mine)).templates).toEqual([]);
    await desk.call("load_template", { workspace: "x", auto_review_id: rrid }, mine);
    expect((await desk.call("list_templates", {}, mine)).templates).toEqual([
      { rrid, workspace: "claude/x", hosts: [] },
    ]);
    await expect(desk.call("unload", { rrid })).rejects.toMatchObject({
      kind: "params.invalid",
      hint: "Say which one: mtuictl close-workspace -w claude/x",
      data: { workspaces: ["claude/x", "w"] },
    });
    expect(await desk.call("unload", { rrid: "S:M:1:10" }, mine)).toMatchObject({ workspace: "claude/x" });
    expect(await desk.call("unload", { rrid })).toMatchObject({ workspace: "w", released: ["ant"] });
    expect((await desk.call("list_templates")).templates).toEqual([]);
  });
});

describe("records of hosts", () => {
  test("show what was run, the last first to stay; a restart forgets neither that nor the time limit", async () => {
    using first = openDesk({ hosts: ["ant", "bee"] });
    await first.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    for (const word of ["one", "two"])
      await first.call("run", { workspace: "w", command: [word], hosts: ["ant"] });
    const limits = (desk: Desk) => desk.call("list_timeout", { workspace: "w" });
    const usual = first.services.config.connection.command_timeout;
    await first.call("set_timeout", { workspace: "w", timeout: 7, hosts: ["ant"] });
    using desk = await first.nextLife();
    expect((await limits(desk)).hosts).toEqual([
      { host: "ant", timeout: 7 },
      { host: "bee", timeout: usual },
    ]);
    const { hosts } = await desk.call("show_log", { workspace: "w", limit: 1 });
    expect(hosts).toMatchObject([
      { host: "ant", earlier: 1, commands: [{ command: "two", step: "run", state: "ok" }] },
      { host: "bee", earlier: 0, commands: [] },
    ]);
    await expect(desk.call("show_log", { workspace: "w", hosts: ["cat"] })).rejects.toMatchObject({
      kind: "host.unknown",
    });
  });
});

describe("a file for the hosts", () => {
  test.each([
    [{ filename: "etc/x", content: "a" }, "params.invalid"],
    [{ filename: "/etc/x", content: "\ud800" }, "params.invalid"],
    [{ filename: "/etc/x", content: "!!", encoding: "base64" }, "params.invalid"],
    [{ filename: "/etc/x", content: "\u00e9".repeat(600_000) }, "file.tooLarge"],
  ])("that is none is refused before anything is locked: %#", async (params, kind) => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await expect(desk.call("put", { workspace: "w", ...params })).rejects.toMatchObject({ kind });
    expect(desk.pool.machine("ant").changes).toEqual([]);
  });

  test("is not shown in lists of jobs, and is an error where no host has it", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const { job, result } = await desk.call("put", { workspace: "w", filename: "/etc/x", content: "geheim" });
    expect(job).toMatchObject({ state: "done", command: "put --filename /etc/x --encoding utf-8" });
    expect(result).toMatchObject({ filename: "/etc/x", bytes: 6 });
    const kept = [desk.journal.jobs.all(), desk.journal.steps.all(), desk.services.jobs.get(job.id).request];
    expect(JSON.stringify([job, result, kept])).not.toMatch(/geheim|Z2VoZWlt/);
    desk.pool.machine("ant").answer = () => ({ exit: 0, stdout: "missing\n" });
    await expect(desk.call("get", { workspace: "w", filename: "/etc/x" })).rejects.toMatchObject({
      kind: "file.notFound",
    });
  });
});
