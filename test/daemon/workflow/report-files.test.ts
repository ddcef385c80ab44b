import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerQuestions } from "@mtui/core/domain";
import {
  changeLog,
  listLogs,
  patchLines,
  readBelow,
  textWindow,
} from "../../../packages/daemon/src/workflow/index.ts";
import { bytesOf, linesOf } from "../../../packages/daemon/src/workflow/report-files/lines.ts";
import { contentHash } from "../../../packages/daemon/src/workflow/write-report/files.ts";

let outside = "";
let directory = "";
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), "report-files-"));
  directory = join(outside, "SUSE:Maintenance:1:2");
  mkdirSync(join(directory, "build_checks"), { recursive: true });
  writeFileSync(join(outside, "secret"), "secret");
  writeFileSync(join(directory, "log"), "one\ntwo\n", { mode: 0o640 });
  writeFileSync(join(directory, "build_checks", "a.log"), "checked");
});
afterEach(() => rmSync(outside, { recursive: true }));

const kind = (wanted: string) => expect.objectContaining({ kind: wanted });
const log = () => readFileSync(join(directory, "log"), "utf8");

describe("reading a file of a report", () => {
  it("finds it, below too", async () => {
    expect((await readBelow(directory, "log")).toString()).toBe("one\ntwo\n");
    expect((await readBelow(directory, "build_checks/a.log")).toString()).toBe("checked");
  });

  it.each([
    "",
    "/etc/passwd",
    "../secret",
    "build_checks/../../secret",
    ".",
    "./log",
    "build_checks//a.log",
    "log\0",
  ])("goes nowhere with %j", async (relpath) => {
    await expect(readBelow(directory, relpath)).rejects.toEqual(kind("params.invalid"));
  });

  it("follows no link, opens nothing that would hold it up, and says what is not there", async () => {
    symlinkSync("../secret", join(directory, "link"));
    symlinkSync("..", join(directory, "up"));
    symlinkSync("log", join(directory, "inner"));
    execFileSync("mkfifo", [join(directory, "fifo")]);
    for (const each of ["link", "up/secret", "inner", "fifo", "build_checks", "log/x"])
      await expect(readBelow(directory, each), each).rejects.toEqual(kind("file.unsafe"));
    for (const each of ["none", "none/log", "x".repeat(300)])
      await expect(readBelow(directory, each), each).rejects.toEqual(kind("file.notFound"));
    writeFileSync(join(directory, "huge"), "");
    truncateSync(join(directory, "huge"), 64 * 1024 * 1024 + 1);
    await expect(readBelow(directory, "huge")).rejects.toEqual(kind("file.tooLarge"));
  });

  it("lists the plain files of a directory", async () => {
    symlinkSync("a.log", join(directory, "build_checks", "link"));
    mkdirSync(join(directory, "build_checks", "sub"));
    expect(await listLogs(directory, "build_checks")).toEqual({
      files: [{ name: "a.log", size: 7 }],
      leftOut: 0,
    });
    expect(await listLogs(directory, "none")).toEqual({ files: [], leftOut: 0 });
    symlinkSync("build_checks", join(directory, "install_logs"));
    await expect(listLogs(directory, "install_logs")).rejects.toEqual(kind("file.unsafe"));
  });
});

describe("a window of lines", () => {
  const of = (text: string | Buffer, options: { offset: number; limit?: number; room?: number }) =>
    textWindow(Buffer.from(text), options);

  it("has whole lines, and says where the rest begins", () => {
    expect(of("a\nb\nc", { offset: 1 })).toEqual({
      lineCount: 3,
      content: "a\nb\nc",
      returned: 3,
      next: null,
      cut: 0,
      lossy: false,
    });
    expect(of("a\nb\nc", { offset: 2, limit: 1 })).toMatchObject({ content: "b\n", returned: 1, next: 3 });
    expect(of("a\nb\nc", { offset: 3, limit: 5 })).toMatchObject({ content: "c", returned: 1, next: null });
    expect(of("a\nb\nc", { offset: 9 })).toMatchObject({
      content: "",
      returned: 0,
      next: null,
      lineCount: 3,
    });
    expect(of("", { offset: 1 })).toMatchObject({ content: "", lineCount: 0, next: null });
    expect(of("aaa\nbbb\nc\n", { offset: 1, room: 8 })).toMatchObject({
      content: "aaa\nbbb\n",
      returned: 2,
      next: 3,
    });
    // One line that is longer than a window: its beginning, in whole characters.
    expect(of("éééé\nx", { offset: 1, room: 5 })).toMatchObject({
      content: "éé",
      returned: 1,
      next: 2,
      cut: 5,
      lossy: false,
    });
  });

  it("is the lines of the file, wherever it begins and however many there are", () => {
    const text = fc.stringMatching(/^(?:[ab]{0,4}\n){0,6}[ab]{0,3}$/);
    const whole = { offset: fc.integer({ min: 1, max: 9 }), room: fc.integer({ min: 5, max: 40 }) };
    const wishes = fc.record({ ...whole, limit: fc.option(fc.nat(8), { nil: undefined }) });
    fc.assert(
      fc.property(text, wishes, (content, { offset, limit, room }) => {
        const lines = linesOf(Buffer.from(content));
        const wanted = lines.slice(offset - 1, limit === undefined ? undefined : offset - 1 + limit);
        while (wanted.join("").length > room) wanted.pop();
        const next = offset + wanted.length;
        expect(of(content, { offset, room, ...(limit === undefined ? {} : { limit }) })).toEqual({
          lineCount: lines.length,
          content: wanted.join(""),
          returned: wanted.length,
          next: next <= lines.length && limit !== 0 ? next : null,
          cut: 0,
          lossy: false,
        });
      }),
    );
  });

  it("shows what is no UTF-8 as far as it can be shown", () => {
    expect(of(Buffer.from([97, 255, 10]), { offset: 1 })).toMatchObject({
      content: "a\ufffd\n",
      lossy: true,
    });
  });
});

describe("patching lines", () => {
  const patch = (text: string, start: number, end: number, replacement: string): string =>
    bytesOf(patchLines(linesOf(Buffer.from(text)), { start, end, replacement }).lines).toString();

  it("replaces, inserts, deletes, and ends every line that it brings", () => {
    expect(patch("a\nb\nc\n", 2, 2, "B")).toBe("a\nB\nc\n");
    expect(patch("a\nb\nc\n", 2, 1, "x\ny")).toBe("a\nx\ny\nb\nc\n");
    expect(patch("a\nb\nc\n", 1, 2, "")).toBe("c\n");
    expect(patch("a\nb", 3, 2, "c")).toBe("a\nb\nc\n");
    expect(patch("", 1, 0, "a")).toBe("a\n");
    expect(patch("a\r\nb\r\n", 2, 2, "B\nC")).toBe("a\r\nB\r\nC\r\n");
  });

  it.each([
    [4, 4],
    [3, 1],
    [2, 3],
    [9, 8],
  ])("refuses lines %i to %i of two", (start, end) => {
    expect(() => patch("a\nb\n", start, end, "x")).toThrow(kind("params.invalid"));
  });

  it("says what is wrong with lines in the wrong order, and how to insert", () => {
    expect(() => patch("a\nb\n", 2, 0, "x")).toThrow(
      expect.objectContaining({
        message: "Line 0, the last to replace, is before line 2, the first; nothing was changed.",
        hint: "First and last line, counted from 1; 2 1 inserts before line 2.",
      }),
    );
  });

  it("touches no byte of other lines, whatever they are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(), fc.nat(), (raw, a, b) => {
        const lines = linesOf(Buffer.from(raw));
        const start = (a % (lines.length + 1)) + 1;
        const end = start - 1 + (b % (lines.length - start + 2));
        const patched = patchLines(lines, { start, end, replacement: "x" });
        expect(patched).toMatchObject({ replaced: end - start + 1, inserted: 1 });
        // A last line without an end gets one, of the kind that the file has, when something comes behind it.
        for (const [index, line] of lines.slice(0, start - 1).entries())
          expect([line, `${line}\n`, `${line}\r\n`].slice(0, line.endsWith("\n") ? 1 : 3)).toContain(
            patched.lines[index],
          );
        expect(patched.lines.slice(start)).toEqual(lines.slice(end));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("answering questions", () => {
  it("fills in those that are open, all of a kind, and keeps what surrounds them", () => {
    const lines = [
      "SUMMARY: PASSED/FAILED\n",
      "REPRODUCER_PRESENT: YES/NO\r\n",
      "STATUS:             FIXED/NOT_FIXED/HYPOTHETICAL/NOT_REPRODUCIBLE/NO_ENVIRONMENT/TOO_COMPLEX/SKIPPED/OTHER \n",
      " STATUS: FIXED/NOT_FIXED/OTHER\n",
      "STATUS: FIXED\n",
      "=> PASSED/FAILED\n",
      "see STATUS: FIXED/NOT_FIXED\n",
    ];
    const all = answerQuestions(lines, { summary: "PASSED", reproducer: "NO", status: "SKIPPED" });
    expect(all.filled).toEqual({ summary: 1, reproducer: 1, status: 2 });
    expect(all.lines.slice(0, 4)).toEqual([
      "SUMMARY: PASSED\n",
      "REPRODUCER_PRESENT: NO\r\n",
      "STATUS:             SKIPPED \n",
      " STATUS: SKIPPED\n",
    ]);
    expect(all.lines.slice(4)).toEqual(lines.slice(4));
    expect(answerQuestions(all.lines, { summary: "FAILED", status: "OTHER" }).lines).toEqual(all.lines);
    expect(answerQuestions(lines, {}).lines).toEqual(lines);
  });
});

describe("changing the report", () => {
  it("keeps its mode, writes nothing that is there, and leaves no other file", async () => {
    const hash = contentHash(Buffer.from(log()));
    expect(await changeLog(directory, { change: (lines) => lines })).toEqual({
      written: 0,
      lineCount: 2,
      hash,
    });
    const changed = await changeLog(directory, {
      expectHash: hash,
      change: (lines) => [...lines, "three\n"],
    });
    expect(changed).toEqual({ written: 14, lineCount: 3, hash: contentHash(Buffer.from(log())) });
    expect(execFileSync("stat", ["-c", "%a", join(directory, "log")], { encoding: "utf8" })).toBe("640\n");
    expect(readdirSync(directory).toSorted()).toEqual(["build_checks", "log"]);
    await expect(changeLog(directory, { expectHash: hash, change: () => [] })).rejects.toMatchObject({
      kind: "report.changed",
      data: { sha256: changed.hash, expected: hash },
    });
  });

  it("has one writer at a time, and leaves what others save meanwhile", async () => {
    const add = (text: string) => changeLog(directory, { change: (lines) => [...lines, text] });
    await Promise.all(Array.from({ length: 20 }, (_, index) => add(`${index}\n`)));
    expect(linesOf(Buffer.from(log()))).toHaveLength(22);
    const meanwhile = changeLog(directory, {
      change: (lines) => {
        writeFileSync(join(directory, "log"), "a tester's\n");
        return [...lines, "ours\n"];
      },
    });
    await expect(meanwhile).rejects.toEqual(kind("report.changed"));
    expect(log()).toBe("a tester's\n");
  });

  it("writes through no link", async () => {
    rmSync(join(directory, "log"));
    symlinkSync("../secret", join(directory, "log"));
    await expect(changeLog(directory, { change: () => ["x"] })).rejects.toEqual(kind("template.unsafe"));
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });
});
