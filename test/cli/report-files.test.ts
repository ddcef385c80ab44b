import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { mtuictl, TABLE } from "./support/cli.ts";
import { NOW } from "./support/fake-io.ts";
import { job } from "./support/samples.ts";
import { rendererOf } from "../../packages/cli/src/render/index.ts";

const NOW_SECONDS = NOW / 1000;
const EMPTY = { path: "/t/log", sha256: "0".repeat(64), offset: 1 };

describe("what reports and hosts' files say, for people", () => {
  const window = { ...EMPTY, bytes: 9, line_count: 3, returned_lines: 2, content: "a\n\u001b[31mb\n" };
  const file = { hosts: ["ant", "bee"], size: 2, mode: "0644", offset: 0, bytes: 2, sha256: null };
  const error = { kind: "file.notFound", message: "cat has no file /f.", retryable: false };
  const report = { rrid: "SUSE:Maintenance:1:2" };
  test.each<[string, string[], unknown, string[]]>([
    ["testreport_read", [], { ...window, next_offset: 3 }, ["a", "b", "(more: --offset 3)"]],
    [
      "show_diff",
      [],
      { ...window, next_offset: null, lossy: true },
      ["a", "b", "(bytes that are no UTF-8 are shown as \ufffd)"],
    ],
    [
      "testreport_read",
      ["--offset", "9"],
      { ...window, content: "", next_offset: null },
      ["(no lines there; the file has 3)"],
    ],
    [
      "testreport_logs",
      [],
      { path: "/t", build_checks: [{ name: "a.log", size: 7 }], install_logs: [], left_out: 2 },
      ["build_checks/a.log  7 B", "(and 2 more)"],
    ],
    [
      "testreport_patch",
      ["1", "2", "x"],
      {
        path: "/t/log",
        new_line_count: 2,
        replaced_lines: 2,
        inserted_lines: 1,
        bytes_written: 4,
        sha256: "",
      },
      ["/t/log: 2 lines replaced by 1, 2 now"],
    ],
    [
      "testreport_write",
      ["x"],
      { path: "/t/log", bytes_written: 0, line_count: 1, sha256: "" },
      ["/t/log: nothing changed"],
    ],
    [
      "testreport_fill",
      ["--summary", "PASSED"],
      {
        path: "/t/log",
        bytes_written: 9,
        line_count: 1,
        sha256: "",
        filled: { summary: 1, reproducer: 0, status: 0 },
      },
      ["summary: 1, reproducer: 0, status: 0 filled in", "/t/log: 9 B written, 1 line"],
    ],
    [
      "list_bugs",
      [],
      {
        ...report,
        url: "https://b/",
        bugs: [{ id: "1", title: "t", url: "https://b/1" }],
        jira: [{ id: "P-1", title: "u", url: null }],
      },
      ["https://b/", "Bug #1: t", "  https://b/1", "Jira P-1: u"],
    ],
    ["list_bugs", [], { ...report, url: null, bugs: [], jira: [] }, ["SUSE:Maintenance:1:2 names no bugs."]],
    [
      "show_update_repos",
      [],
      { ...report, repositories: [{ product: "SLES", version: "15-SP6", arch: "x86_64", url: "http://r/" }] },
      ["SLES  15-SP6  x86_64  http://r/"],
    ],
    [
      "list_update_commands",
      [],
      {
        hosts: [
          { hosts: ["ant", "bee"], commands: ["zypper -n ref"], error: null },
          { hosts: ["cat"], commands: [], error: "no" },
        ],
      },
      ["ant,bee:", "  zypper -n ref", "cat:", "  no"],
    ],
    [
      "list_templates",
      [],
      { templates: [{ ...report, workspace: "w", hosts: [] }] },
      ["update                workspace  hosts", "SUSE:Maintenance:1:2  w          -"],
    ],
    ["list_templates", [], { templates: [] }, ["No reports are loaded."]],
    [
      "unload",
      ["S:M:1:2"],
      { workspace: "w", released: ["ant"], unreleased: [], cancelled_jobs: [] },
      ["ant: released", "Workspace w is closed."],
    ],
    [
      "get",
      ["/f"],
      {
        filename: "/f",
        files: [{ ...file, encoding: "utf-8", content: "x\n", next_offset: null }],
        errors: [],
      },
      ["x"],
    ],
    [
      "show_log",
      [],
      {
        hosts: [
          {
            host: "ant",
            earlier: 3,
            commands: [
              {
                command: "true",
                state: "ok",
                exit: 0,
                seconds: 1,
                stdout: "out\n",
                stderr: "",
                dropped: 0,
                step: "run",
                at: NOW_SECONDS * 1000,
              },
            ],
          },
          { host: "bee", earlier: 0, commands: [] },
        ],
      },
      ["ant:", "  (3 earlier; --limit shows more)", "  12:00Z ok  true", "    out", "bee: nothing was run"],
    ],
    [
      "list_history",
      [],
      {
        hosts: [
          { host: "ant", entries: [{ at: NOW_SECONDS, user: "al", text: "install:x" }], left_out: 2 },
          { host: "bee", entries: [], left_out: 0 },
        ],
        errors: [],
      },
      ["ant:", "  12:00Z, al: install:x", "  (2 older ones left out; for all: -t ant)", "bee: no history"],
    ],
    [
      "list_timeout",
      [],
      {
        hosts: [
          { host: "ant", timeout: 0 },
          { host: "bee", timeout: 7 },
        ],
      },
      ["ant  none", "bee  7 s"],
    ],
  ])("%s %j", async (name, words, result, lines) => {
    const { out, code, err } = await mtuictl([name, ...words], { script: { [name]: () => result } });
    expect([err, out.trimEnd().split("\n"), code]).toEqual(["", lines, 0]);
  });

  test("a file that hosts have not, or not all the same, is told apart, and is no success", async () => {
    const files = [
      { ...file, encoding: "utf-8", content: "x\n", next_offset: 2 },
      { ...file, hosts: ["dog"], encoding: "base64", content: "AP8=", next_offset: null },
    ];
    const result = { filename: "/f", files, errors: [{ host: "cat", error }] };
    const { out, code } = await mtuictl(["get", "/f"], { script: { get: () => result } });
    expect(code).toBe(1);
    expect(out.split("\n")).toEqual([
      "ant,bee: 2 B, mode 0644",
      "x",
      "(more: --offset 2)",
      "",
      "dog: 2 B, mode 0644",
      "(2 B that are no text; --json has them as base64)",
      "",
      "cat: file.notFound: cat has no file /f.",
      "",
    ]);
  });

  test("nothing is printed behind the last of several files", async () => {
    const files = ["ant", "bee"].map((host) => ({
      ...file,
      hosts: [host],
      encoding: "utf-8",
      content: `${host}\n`,
      next_offset: null,
    }));
    const { out } = await mtuictl(["get", "/f"], {
      script: { get: () => ({ filename: "/f", files, errors: [] }) },
    });
    expect(out).toBe("ant: 2 B, mode 0644\nant\n\nbee: 2 B, mode 0644\nbee\n");
  });

  test("every operation that can be typed and answers at once has a form for people", () => {
    const shown = TABLE.operations.filter(
      ({ cli, name }) => cli.hidden !== true && !["job_follow", "job_result"].includes(name),
    );
    expect(shown.filter(({ name }) => rendererOf(name) === null).map(({ name }) => name)).toEqual([]);
  });
});

describe("a text from a file", () => {
  let directory = "";
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "words-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const sent = async (...words: string[]): Promise<unknown> => {
    const { daemon, code, err } = await mtuictl(words, {
      script: {
        put: () => ({ job: job(), result: null }),
        testreport_write: () => ({ ...EMPTY, bytes_written: 0, line_count: 0 }),
        job_follow: () => ({ events: [], cursor: 0, gap: false, finished: true, jobs: [job()] }),
        job_result: () => ({ job: job(), result: null, error: null }),
      },
    });
    return daemon.calls[0]?.params ?? { code, err };
  };

  test("is read where its name is given, as base64 where it is no text", async () => {
    const [text, binary] = [join(directory, "text"), join(directory, "binary")];
    writeFileSync(text, "é\n");
    writeFileSync(binary, Buffer.from([0, 255]));
    expect(await sent("put", "/f", `@${text}`)).toMatchObject({ filename: "/f", content: "é\n" });
    expect(await sent("put", "/f", `@${binary}`)).toMatchObject({ content: "AP8=", encoding: "base64" });
    expect(await sent("testreport-write", `@${text}`)).toMatchObject({ content: "é\n" });
    expect(await sent("testreport-write", "@@home")).toMatchObject({ content: "@home" });
    expect(await sent("testreport-write", `@${binary}`)).toMatchObject({ code: 2 });
    expect(await sent("put", "/f", "@/none")).toMatchObject({
      code: 2,
      err: expect.stringContaining("ENOENT"),
    });
    writeFileSync(text, "x".repeat(4 * 1024 * 1024 + 1));
    expect(await sent("put", "/f", `@${text}`)).toMatchObject({ code: 2 });
  });
});
