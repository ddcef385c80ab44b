import { describe, expect, test } from "vitest";
import type { OutputPiece } from "@mtui/core/registry";
import { mtuictl } from "./support/cli.ts";
import type { Script } from "./support/fake-daemon.ts";
import { job, ran } from "./support/samples.ts";

const piece = (host: string, text: string, fields: Partial<OutputPiece> = {}): OutputPiece => ({
  host,
  step: 1,
  stream: "stdout",
  offset: 0,
  bytes: text.length,
  missing: 0,
  text,
  ...fields,
});

/** A daemon that gives these pieces one a page. */
function pagesOf(pieces: OutputPiece[], view = job()): Script {
  return {
    job_result: (params) => {
      const at = Number(params.cursor ?? 0);
      const next = pieces[at];
      const streams = pieces.map(({ host, step, stream }) => ({ host, step, stream, bytes: 1, kept: 1 }));
      return {
        job: view,
        result: null,
        error: view.error,
        output: next === undefined ? [] : [next],
        cursor: at + 1 < pieces.length ? String(at + 1) : null,
        ...(at === 0 ? { streams } : {}),
      };
    },
  };
}

describe("job result --output", () => {
  test("of one host is what it printed, each stream to its own, all pages", async () => {
    const script = pagesOf([
      piece("ant", "one\ntw"),
      piece("ant", "o\u001b[2J\n", { offset: 6 }),
      piece("ant", "oops\n", { stream: "stderr" }),
      piece("ant", "end", { offset: 5000, missing: 2048 }),
    ]);
    const { code, out, err } = await mtuictl(["job", "result", "run-1", "--output"], { script });
    expect({ code, out, err }).toEqual({
      code: 0,
      out: "one\ntwo\n[... 2.0 KiB not kept ...]\nend\n",
      err: "oops\n",
    });
  });

  test("of several hosts is shown once where it is equal; --diff against the majority", async () => {
    const hosts = { ant: { state: "ok" }, bee: { state: "ok" }, cow: { state: "failed", exit: 3 } } as const;
    const pieces = [piece("ant", "a\nb\n"), piece("bee", "a\nb\n"), piece("cow", "a\nc\n")];
    const script = pagesOf(pieces, job({ hosts }));
    const { out } = await mtuictl(["job", "result", "run-1", "--tail", "9"], { script });
    expect(out).toBe("cow: failed (exit 3)\na\nc\n\nant,bee (2):\na\nb\n\n3 hosts: 2 ok, 1 not ok\n");
    const { out: diff } = await mtuictl(["job", "result", "run-1", "--output", "--diff"], { script });
    expect(diff).toContain("ant,bee (2): the majority\n\ncow: failed (exit 3)\n- b\n+ c\n");
  });

  test("of a job that failed has the exit code of its error", async () => {
    const error = { kind: "lock.foreign", message: "Locked.", retryable: false } as const;
    const script = pagesOf([piece("ant", "x\n")], job({ state: "failed", error }));
    expect((await mtuictl(["job", "result", "run-1", "--stream", "stdout"], { script })).code).toBe(4);
  });

  test("with --json is one page, with its cursor", async () => {
    const script = pagesOf([piece("ant", "x\n"), piece("ant", "y\n")]);
    const { out, daemon } = await mtuictl(["job", "result", "run-1", "--json", "--output"], { script });
    expect(JSON.parse(out)).toMatchObject({ output: [{ text: "x\n" }], cursor: "1" });
    expect(daemon.calls).toHaveLength(1);
  });

  test("of which nothing is kept is said, not silence", async () => {
    const { out, err } = await mtuictl(["job", "result", "run-1", "--output"], { script: pagesOf([]) });
    expect({ out, err }).toEqual({ out: "", err: "No such output of run-1 is kept.\n" });
  });
});

test("a result with shortened output says how to see all of it", async () => {
  const hosts = [ran("ant", { stdout: "x", dropped: 5000 })];
  const script = { job_result: { job: job(), result: { hosts, warnings: [] }, error: null } };
  const { err } = await mtuictl(["job", "result", "run-1", "-t", "ant"], { script });
  expect(err).toBe("Long output is shortened here; all that is kept: mtuictl job result run-1 --output\n");
});

test("job cancel takes several, and says so of each", async () => {
  const end = (id: string, cancelled: boolean) => ({ job: job({ id }), cancelled, message: `About ${id}.` });
  const script = { job_cancel: { ...end("run-1", true), others: [end("run-2", false)] } };
  const { code, out, daemon } = await mtuictl(["job", "cancel", "run-1", "run-2"], { script });
  expect(daemon.calls[0]?.params).toEqual({ job_id: "run-1", others: ["run-2"] });
  expect(out).toContain("About run-1.");
  expect(out).toContain("About run-2.");
  expect(code).toBe(1);
});
