import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { counted, outputDesk } from "./support.ts";

describe("the output of a step", () => {
  test("is in a private file as it comes, the first at once, what follows together", async () => {
    using desk = outputDesk();
    const output = desk.open();
    output.push("stdout", Buffer.from("one\n"));
    expect(readdirSync(join(desk.directory, "run-1/ant"))).toEqual(["1.out"]);
    for (const part of ["two\n", "three\n"]) output.push("stdout", Buffer.from(part));
    expect(desk.told.map(({ text }) => text)).toEqual(["one\n"]);
    expect(output.received).toEqual({ stdout: 14, stderr: 0 });
    await desk.clock.advance(20);
    expect(desk.told.map(({ text, offset }) => [offset, text])).toEqual([
      [0, "one\n"],
      [4, "two\nthree\n"],
    ]);
    expect(statSync(join(desk.directory, "run-1/ant")).mode & 0o777).toBe(0o700);
    expect(statSync(join(desk.directory, "run-1/ant/1.out")).mode & 0o777).toBe(0o600);
    const { stdout, stderr } = await output.end();
    expect(stdout).toMatchObject({ bytes: 14, dropped: 0 });
    expect(stderr).toMatchObject({ bytes: 0, dropped: 0 });
    expect(desk.clock.pending).toBe(0);
  });

  test.each([10, 64, 65, 512, 513, 1024, 1025, 5000, 100_000])(
    "%i bytes: head and tail are right, on disk and in the outcome, and no more than the cap is kept",
    async (length) => {
      using desk = outputDesk();
      const output = desk.open();
      const all = counted(length);
      for (let at = 0; at < length; at += 37) output.push("stdout", all.subarray(at, at + 37));
      const { stdout } = await output.end();
      expect(stdout.bytes).toBe(length);
      expect(stdout.head.equals(all.subarray(0, 32))).toBe(true);
      expect(
        stdout.tail.equals(length <= 32 ? Buffer.alloc(0) : all.subarray(Math.max(32, length - 32))),
      ).toBe(true);
      expect(stdout.dropped).toBe(Math.max(0, length - 64));
      expect(desk.outputs.total).toBeLessThanOrEqual(1024);
      expect(desk.outputs.total).toBeGreaterThanOrEqual(Math.min(length, 768));
      const { output: pieces } = desk.page({ limit: 4096 });
      let expected = "";
      for (const { offset, text, missing } of pieces) {
        expected += `${missing} ${text}`;
        expect(all.subarray(offset, offset + text.length).toString()).toBe(text);
      }
      expect(pieces.at(-1)).toMatchObject({ offset: length - (pieces.at(-1)?.bytes ?? 0) });
      expect(pieces[0]?.offset).toBe(0);
      expect(expected).not.toBe("");
    },
  );

  test("what its host did not keep is missing at the end, in this life and in the next", async () => {
    using desk = outputDesk();
    const notes: string[] = [];
    const output = desk.open({ onNote: (text) => void notes.push(text) });
    output.push("stdout", Buffer.from("one\ntwo\n"));
    output.push("stderr", Buffer.from("oops\n"));
    const { stdout, stderr } = await output.end({ stdout: 5000, stderr: 5 });
    expect(stdout).toMatchObject({ bytes: 5000, dropped: 4992 });
    expect(stdout.head.toString()).toBe("one\ntwo\n");
    expect(stdout.tail).toHaveLength(0);
    expect(stderr).toMatchObject({ bytes: 5, dropped: 0 });
    expect(notes).toEqual([
      "ant: the last 4992 bytes of stdout were not kept there (jobs.spool_bytes, or a full disk).",
    ]);
    using next = desk.nextLife();
    for (const each of [desk, next]) {
      expect(each.page({ stream: "stdout" }).output).toMatchObject([
        { offset: 0, bytes: 8, missing: 0, text: "one\ntwo\n" },
        { offset: 5000, bytes: 0, missing: 4992, text: "" },
      ]);
      expect(each.page({ stream: "stdout", tail: 1 }).output.map(({ text }) => text)).toEqual(["two\n", ""]);
      expect(each.outputs.streams("run-1")).toMatchObject([{ bytes: 5000, kept: 8 }, { bytes: 5 }]);
    }
    expect(await next.open().end()).toMatchObject({ stdout: { bytes: 5000, dropped: 4992 } });
  });

  test("goes on in the next life where the files end; the outcome is of the whole", async () => {
    using desk = outputDesk();
    const all = counted(3000);
    const before = desk.open();
    before.push("stdout", all.subarray(0, 1000));
    // Not written yet when the daemon dies.
    before.push("stdout", all.subarray(1000, 1100));
    const next = desk.nextLife();
    const after = next.open();
    expect(after.received).toEqual({ stdout: 1000, stderr: 0 });
    after.push("stdout", all.subarray(1000));
    const { stdout } = await after.end();
    expect(stdout).toMatchObject({ bytes: 3000, dropped: 3000 - 64 });
    expect(
      Buffer.concat([stdout.head, stdout.tail]).equals(
        Buffer.concat([all.subarray(0, 32), all.subarray(-32)]),
      ),
    ).toBe(true);
    expect(next.told.map(({ offset }) => offset)[0]).toBe(1000);
    // And once more, when it has ended already.
    expect(await next.nextLife().open().end()).toMatchObject({ stdout: { bytes: 3000 } });
  });

  test("that is answered to a question is kept whole for the next life, and shown to nobody", async () => {
    using desk = outputDesk();
    const answer = counted(3000);
    for (const _again of [1, 2]) {
      const output = desk.open({ fresh: true, capture: 4096 });
      output.push("stdout", answer);
      await output.end();
    }
    expect(desk.told).toEqual([]);
    expect(desk.page()).toEqual({ output: [], cursor: null, streams: [] });
    const { stdout } = await desk.nextLife().open({ capture: 4096 }).end();
    expect(Buffer.concat([stdout.head, stdout.tail]).equals(answer)).toBe(true);
    expect(desk.outputs.total).toBe(3000);
  });
});

describe("names", () => {
  test.each(["..", ".", "a/b", "../../etc", "a\0b", "%2E", "ünï", " ", "host:2222", ".ssh"])(
    "%j stays in its directory, and is found again",
    async (host) => {
      using desk = outputDesk();
      const output = desk.open({ host, job: `run/${host}` });
      output.push("stdout", Buffer.from("x"));
      await output.end();
      expect(desk.page({}, `run/${host}`).output).toMatchObject([{ host, text: "x" }]);
      expect(readdirSync(desk.directory)).toHaveLength(1);
      expect(readdirSync(join(desk.directory, ".."))).toEqual(["jobs"]);
    },
  );
});

describe("a disk that does not take it", () => {
  test("costs output, not the job: what is missing is said, the outcome is whole", async () => {
    using desk = outputDesk();
    const notes: string[] = [];
    const all = counted(300);
    const output = desk.open({ onNote: (text) => notes.push(text) });
    output.push("stdout", all.subarray(0, 100));
    // No more files and no more bytes: the host's directory is not there any more, and cannot be made.
    rmSync(join(desk.directory, "run-1"), { recursive: true });
    writeFileSync(join(desk.directory, "run-1"), "");
    for (const [from, to] of [
      [100, 150],
      [150, 200],
    ] as const) {
      output.push("stdout", all.subarray(from, to));
      output.flush();
    }
    rmSync(join(desk.directory, "run-1"));
    output.push("stdout", all.subarray(200));
    expect(output.received.stdout).toBe(300);
    const { stdout } = await output.end();
    expect(stdout.bytes).toBe(300);
    expect(stdout.tail.equals(all.subarray(300 - 32))).toBe(true);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("ant: its output cannot be written down");
    expect(desk.logged).toHaveLength(1);
    expect(desk.told.map(({ text }) => text).join("")).toBe(all.toString());
    expect(desk.page({ limit: 4096 }).output).toMatchObject([{ offset: 200, missing: 200, bytes: 100 }]);
  });
});

describe("what is kept of jobs", () => {
  async function ended(desk: ReturnType<typeof outputDesk>, job: string, bytes: number) {
    const output = desk.open({ job });
    output.push("stdout", counted(bytes));
    await output.end();
    desk.outputs.ended(job);
    await desk.clock.advance(1000);
  }

  test("beyond the bound of all the oldest ended go; what goes on stays", async () => {
    using desk = outputDesk({ streamBytes: 4096, keepBytes: 1000 });
    const active = desk.open({ job: "run-1" });
    active.push("stdout", counted(500));
    await ended(desk, "run-2", 300);
    await ended(desk, "run-3", 150);
    expect(desk.outputs.total).toBe(950);
    await ended(desk, "run-4", 150);
    expect(readdirSync(desk.directory).toSorted()).toEqual(["run-1", "run-3", "run-4"]);
    active.push("stdout", counted(2000));
    active.flush();
    expect(readdirSync(desk.directory)).toEqual(["run-1"]);
    expect(desk.outputs.total).toBe(2500);
  });

  test("a forgotten job's goes with it; a start removes what no job is known of", async () => {
    using desk = outputDesk();
    await ended(desk, "run-1", 100);
    await ended(desk, "run-2", 100);
    await ended(desk, "run-3", 100);
    desk.outputs.forget("run-2");
    mkdirSync(join(desk.directory, "what-is-this", "x"), { recursive: true });
    const next = desk.nextLife();
    next.outputs.restore([
      { id: "run-3", ended: 5 },
      { id: "run-9", ended: null },
    ]);
    expect(readdirSync(desk.directory)).toEqual(["run-3"]);
    expect(next.outputs.total).toBe(100);
  });
});
