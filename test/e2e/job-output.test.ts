import { createHash } from "node:crypto";
import type { JobView } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";

const SPOOL = 16 * 1024 * 1024;

/** Numbered lines, slowly enough that a daemon can die among them. */
const COUNT = "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; echo err $i >&2; sleep 0.01; done";

describe.skipIf(withoutLab)("the output of a job", () => {
  let lab: Lab;
  let home: TesterHome;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [{ name: "ant" }, { name: "bee" }],
      config: { jobs: { spool_bytes: SPOOL } },
    });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    expect((await home.ctl("add-host", "-t", "ant", "-t", "bee")).code).toBe(0);
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  async function background(...words: string[]): Promise<string> {
    const { stdout } = await home.ctl("run", "--background", "--json", ...words);
    return (JSON.parse(stdout) as { job: JobView }).job.id;
  }

  test("reaches a follower whole and once, although the daemon is killed in the middle of it", async () => {
    const id = await background("--", "sh", "-c", COUNT);
    const follower = home.ctl("job", "follow", id);
    for (const _life of [1, 2]) {
      await waitUntil(
        async () => {
          const { hosts } = await home.json<JobView>("job", "status", id);
          return Object.values(hosts).some(({ last_line }) => /\d0$/.test(last_line ?? ""));
        },
        { for: "output" },
      );
      const { pid } = await home.json<{ pid: number }>("daemon", "status");
      process.kill(pid, "SIGKILL");
    }
    const { stdout, stderr, code } = await follower;
    expect(stderr).toContain("Connected again.");
    expect(code).toBe(0);
    for (const host of ["ant", "bee"]) {
      const lines = (text: string, word: string): string[] =>
        text.split("\n").filter((line) => line.startsWith(`${host}: ${word} `));
      const all = (word: string): string[] =>
        Array.from({ length: 400 }, (_, index) => `${host}: ${word} ${index + 1}`);
      expect(lines(stdout, "line")).toEqual(all("line"));
      expect(lines(stderr, "err")).toEqual(all("err"));
    }
  });

  test("is paged through whole, of any size", { timeout: 120_000 }, async () => {
    const id = await background("-t", "ant", "--", "sh", "-c", "seq 1 2000000");
    await home.ctl("job", "wait", "--timeout", "100", id);
    const { stdout } = await home.ctl("job", "result", id, "--stream", "stdout");
    const expected = Array.from({ length: 2_000_000 }, (_, index) => `${index + 1}\n`).join("");
    const hash = (text: string): string => createHash("sha256").update(text).digest("hex");
    expect(stdout.length).toBe(expected.length);
    expect(hash(stdout)).toBe(hash(expected));
    const { stdout: tail } = await home.ctl(
      "job",
      "result",
      id,
      "-t",
      "ant",
      "--stream",
      "stdout",
      "--tail",
      "2",
    );
    expect(tail).toBe("1999999\n2000000\n");
  });

  test("says how much of its end the host did not keep", { timeout: 120_000 }, async () => {
    const id = await background("-t", "ant", "--", "sh", "-c", "seq 1 3000000");
    const { stdout: followed, stderr: notes } = await home.ctl("job", "follow", id);
    const whole = Array.from({ length: 3_000_000 }, (_, index) => `${index + 1}\n`).join("");
    const lost = whole.length - SPOOL;
    expect(notes + followed).toContain(`the last ${lost} bytes of stdout were not kept there`);
    const words = ["job", "result", id, "-t", "ant", "--stream", "stdout"];
    const { stdout } = await home.ctl(...words, "--tail", "2");
    const [first, second, end, ...more] = stdout.split("\n");
    expect([first, second]).toEqual(whole.slice(0, SPOOL).trimEnd().split("\n").slice(-2));
    expect(end).toMatch(/^\[\.\.\. .* not kept \.\.\.\]$/);
    expect(more).toEqual([""]);
    expect(await home.json("job", "result", id, "--output")).toMatchObject({
      streams: [{ stream: "stdout", bytes: whole.length, kept: SPOOL }],
    });
    const { stdout: result } = await home.ctl("job", "result", id);
    expect(result.slice(-200)).toMatch(
      /^\[\.\.\. \d+ bytes left out \.\.\.\]\n-- .* of output not kept --$/m,
    );
  });
});
