import { expect, test } from "vitest";
import type { JobView } from "@mtui/core/registry";
import { frame } from "../../packages/cli/src/progress/frame.ts";
import { LiveRegion } from "../../packages/cli/src/progress/live-region.ts";
import { PLAIN } from "../../packages/cli/src/terminal/style.ts";
import { displayWidth, fit } from "../../packages/cli/src/terminal/width.ts";
import { mtuictl } from "./support/cli.ts";
import { fakeIo } from "./support/fake-io.ts";
import { ended, job, ran, ticket } from "./support/samples.ts";

const OPTIONS = { style: PLAIN, columns: 60, rows: 24, tick: 0, since: 2 };
const update = (number: number, fields: Partial<JobView>): JobView =>
  job({ id: `validate-${number}`, operation: "validate", rrid: `SUSE:Maintenance:1:${number}`, ...fields });

test("which step on which host, and who waits for whom", () => {
  const jobs = [
    update(1, {
      state: "running",
      step: "update",
      elapsed: 10,
      hosts: { "host-a": { state: "running", step: "zypper in" }, b: { state: "ok" } },
    }),
    update(2, { state: "waiting", elapsed: 10, ticket: ticket() }),
    update(3, { state: "done", elapsed: 10, hosts: { c: { state: "ok" } } }),
  ];
  expect(frame(jobs, OPTIONS)).toEqual([
    "⠋ 1 running, 1 waiting, 1 done",
    "  SUSE:Maintenance:1:1 running update 12 s",
    "    host-a  running  zypper in",
    "    b       ok",
    "  SUSE:Maintenance:1:2 waiting 12 s",
    "    number 1 for SLES 15-SP6 x86_64  a: held by w1",
    "  SUSE:Maintenance:1:3 done 10 s",
  ]);
});

test("a frame never exceeds the screen, and drops what has ended first", () => {
  const jobs = [
    update(1, { state: "done" }),
    ...Array.from({ length: 30 }, (_, index) =>
      update(index + 2, { state: "running", step: "x".repeat(200) }),
    ),
  ];
  const lines = frame(jobs, { ...OPTIONS, rows: 10, columns: 40 });
  expect(lines).toHaveLength(9);
  expect(lines.at(-1)).toBe("… 24 more");
  expect(lines.join()).not.toContain("1:1 done");
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(40);
});

test("at most ten redraws a second, each one write that clears what is left of its lines", () => {
  const io = fakeIo({ tty: true });
  const writes: string[] = [];
  let lines = ["one", "two"];
  const region = new LiveRegion({
    surface: { ...io.err, write: (text) => void writes.push(text) },
    clock: io.clock,
    draw: () => lines,
  });
  region.refresh();
  io.advance(0);
  for (let change = 0; change < 50; change++) region.refresh();
  lines = ["one"];
  io.advance(1000);
  expect(writes).toHaveLength(11);
  expect(writes[0]).toBe("one\u001b[K\ntwo\u001b[K\u001b[J");
  expect(writes[1]).toBe("\r\u001b[1Aone\u001b[K\u001b[J");
  region.print(["said"]);
  expect(writes.slice(11)).toEqual(["\r\u001b[Jsaid\n", "one\u001b[K\u001b[J"]);
  region[Symbol.dispose]();
  io.advance(1000);
  expect(writes.slice(13)).toEqual(["\r\u001b[J"]);
});

test("lines wait for the end of a question, and an answer after the end draws nothing", () => {
  const io = fakeIo({ tty: true });
  const writes: string[] = [];
  const region = new LiveRegion({
    surface: { ...io.err, write: (text) => void writes.push(text) },
    clock: io.clock,
    draw: () => ["picture"],
  });
  region.pause();
  region.print(["one"]);
  region.print(["two"]);
  expect(writes).toEqual([]);
  region.resume();
  io.advance(0);
  expect(writes.join("")).toBe("\u001b[Jone\ntwo\npicture\u001b[K\u001b[J");
  region.pause();
  region.print(Array.from({ length: 1000 }, () => "held"));
  const before = writes.length;
  region.print(["too many"]);
  expect(writes.slice(before).join("").split("\n")).toHaveLength(1002);
  region.print(["last"]);
  region[Symbol.dispose]();
  expect(writes.at(-1)).toBe("\u001b[Jlast\n");
  const told = writes.length;
  region.resume();
  io.advance(1000);
  expect(writes).toHaveLength(told);
});

test("on a terminal progress is drawn on standard error and gone before the result", async () => {
  const io = fakeIo({ tty: true });
  let asked = 0;
  const running = job({ state: "running", step: "working" });
  const { out } = await mtuictl(["run", "x"], {
    io,
    script: {
      run: { job: running, result: null },
      job_follow: () => {
        asked++;
        if (asked > 1) io.advance(200);
        return asked > 2 ? ended([job()]) : { ...ended([running]), finished: false };
      },
      job_result: { job: job(), result: { hosts: [ran("a")], warnings: [] }, error: null },
    },
  });
  expect(io.written.err).toContain("run-1 running working");
  expect(io.written.err.endsWith("\u001b[J")).toBe(true);
  expect(out).toBe("a:\n(no output)\n\n1 host: 1 ok\n");
});

test.each([
  ["abc", 3],
  ["日本", 4],
  ["e\u0301", 1],
  ["\u001b[31mred\u001b[39m", 3],
])("%j is %i columns wide", (text, width) => expect(displayWidth(text)).toBe(width));

test("cutting counts columns, not characters", () => {
  expect(fit("日本語", 5)).toBe("日本…");
  expect(fit("abcdef", 4)).toBe("abc…");
  expect(fit("abc", 3)).toBe("abc");
});
