import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import type { DaemonEvent, OutputPiece, ResultOf } from "@mtui/core/registry";
import { mtuictl } from "./support/cli.ts";
import type { Script } from "./support/fake-daemon.ts";
import { fakeIo } from "./support/fake-io.ts";
import { job, ran } from "./support/samples.ts";

/** What the daemon has in its files of each stream. */
type Files = Record<string, string>;

interface Told {
  host?: string;
  stream?: "stdout" | "stderr";
  at: number;
  text: string;
}

function output({ host = "ant", stream = "stdout", at, text }: Told): DaemonEvent {
  const data = { stream, step: 1, offset: at, bytes: Buffer.byteLength(text) };
  return { seq: 1, at: 0, type: "job.output", job: "run-1", host, text, data };
}

const done = job({ hosts: { ant: { state: "ok" } } });

function page(events: DaemonEvent[], fields: Partial<ResultOf<"job_follow">> = {}): ResultOf<"job_follow"> {
  return { events, cursor: 7, gap: false, finished: false, jobs: [done], ...fields };
}

/** A daemon with these pages of events, one after the other, and these files. */
function daemon(
  pages: (ResultOf<"job_follow"> | MtuiError)[],
  files: Files = {},
): Script & { asked: unknown[] } {
  const asked: unknown[] = [];
  const script: Script = {
    run: { job: job({ state: "running" }), result: null },
    job_follow: (params) => {
      asked.push(params.from);
      const next = pages.shift() ?? page([], { finished: true });
      if (next instanceof MtuiError) throw next;
      return next;
    },
    job_result: (params) => {
      const streams = Object.entries(files).map(([key, text]) => {
        const [host = "", stream] = key.split(" ");
        return { host, stream: stream === "stderr" ? ("stderr" as const) : ("stdout" as const), text };
      });
      if (params.partial !== true)
        return {
          job: done,
          result: { hosts: streams.map(({ host, text }) => ran(host, { stdout: text })), warnings: [] },
          error: null,
        };
      const wanted = streams.filter(
        ({ host, stream }) => params.hosts?.includes(host) && stream === params.stream,
      );
      const from = params.from ?? 0;
      const pieces: OutputPiece[] = wanted.flatMap(({ host, stream, text }) => {
        // At most five bytes a page, so that paging is seen.
        const part = text.slice(from, from + 5);
        return part === ""
          ? []
          : [{ host, stream, step: 1, offset: from, bytes: part.length, missing: 0, text: part }];
      });
      const facts = streams.map(({ host, stream, text }) => ({
        host,
        stream,
        step: 1,
        bytes: text.length,
        kept: text.length,
      }));
      return { job: done, result: null, error: null, output: pieces, cursor: null, streams: facts };
    },
  };
  return Object.assign(script, { asked });
}

const lostLink = (kind: "daemon.unreachable" | "daemon.stopping"): MtuiError =>
  new MtuiError(kind, "It is gone.");

describe("job follow", () => {
  test("shows each line once, as it comes, and at the end only that it ended", async () => {
    const script = daemon(
      [
        page([output({ at: 0, text: "one\ntw" })]),
        page([output({ at: 6, text: "o\n" })], { finished: true }),
      ],
      { ant: "one\ntwo\n" },
    );
    const { code, out, err } = await mtuictl(["job", "follow", "run-1"], { script });
    expect({ code, out, err }).toEqual({ code: 0, out: "one\ntwo\n1 host: 1 ok\n", err: "" });
  });

  test("keeps the streams apart, and puts the host in front where there are several", async () => {
    const hosts = { ant: { state: "ok" }, bee: { state: "ok" } } as const;
    const jobs = [job({ hosts })];
    const events = [
      output({ at: 0, text: "a1\na" }),
      output({ host: "bee", at: 0, text: "b1\n" }),
      output({ stream: "stderr", at: 0, text: "oops\n" }),
      output({ at: 4, text: "2" }),
    ];
    const script = daemon([page(events, { finished: true, jobs })], { ant: "a1\na2", bee: "b1\n" });
    const { out, err } = await mtuictl(["job", "follow", "run-1"], { script });
    expect(out).toBe("ant: a1\nbee: b1\nant: a2\n2 hosts: 2 ok\n");
    expect(err).toBe("ant: oops\n");
  });

  test("fills what the ring has not any more from the files, to the byte", async () => {
    const text = "0123456789abcdefghij\n";
    const script = daemon(
      [
        page([output({ at: 0, text: text.slice(0, 3) })]),
        page([output({ at: 12, text: text.slice(12, 15) })], { gap: true }),
        page([output({ at: 12, text: text.slice(12, 18) })], { finished: true }),
      ],
      { ant: text, "bee stderr": "never told\n" },
    );
    const { out, err } = await mtuictl(["job", "follow", "run-1"], { script });
    expect(out.split("\n")[0]).toBe(text.trim());
    expect(err).toBe("never told\n");
  });

  test("a daemon that dies is started again, and nothing is shown twice or lost", async () => {
    const text = "first\nsecond\nthird, and more that no event tells\n";
    const script = daemon(
      [
        page([output({ at: 0, text: "first\nsec" })]),
        lostLink("daemon.unreachable"),
        // Its next life follows on from what it had written down, which was a little less.
        page([output({ at: 6, text: "second\nth" })], { cursor: 3 }),
      ],
      { ant: text },
    );
    const { code, out, err, dialled } = await mtuictl(["job", "follow", "run-1"], { script });
    expect({ code, out }).toEqual({ code: 0, out: `${text}1 host: 1 ok\n` });
    expect(err).toBe("The connection to mtuid is lost; connecting again.\nConnected again.\n");
    expect(dialled.map(({ start }) => start)).toEqual([true, true]);
  });

  test("a daemon that was told to stop is waited for, but not started", async () => {
    const io = fakeIo();
    const script = daemon([lostLink("daemon.stopping")]);
    const running = mtuictl(["job", "follow", "run-1"], { script, io });
    for (let step = 0; step < 4; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      io.advance(15_000);
    }
    const { dialled, err } = await running;
    expect(dialled.map(({ start }) => start)).toEqual([true, false]);
    expect(err).toContain("mtuid stops; waiting for it to come back.\n");
  });

  test("--from goes on in the middle: what came before is not read again", async () => {
    const script = daemon([page([output({ at: 10, text: "late\n" })], { finished: true })], {
      ant: "0123456789late\n",
    });
    const { out } = await mtuictl(["job", "follow", "--from", "5", "run-1"], { script });
    expect(out).toBe("late\n1 host: 1 ok\n");
  });

  test("--no-output leaves it to the result", async () => {
    const script = daemon([page([], { finished: true })], { ant: "one\n" });
    const { out } = await mtuictl(["job", "follow", "--no-output", "run-1"], { script });
    expect(out).toBe("ant:\none\n\n1 host: 1 ok\n");
  });
});

describe("run in the foreground", () => {
  async function runs(options: { tty: boolean; long: boolean }) {
    const io = fakeIo({ tty: options.tty });
    const text = "begun\nended\n";
    const script = daemon([page([output({ at: 0, text: "begun\n" })])], { ant: text });
    const rest = script.job_follow;
    let asked = 0;
    script.job_follow = (params, signal) => {
      if (++asked === 2 && options.long) io.advance(2000);
      if (asked === 2) return page([output({ at: 6, text: "ended\n" })], { finished: true });
      return typeof rest === "function" ? rest(params, signal) : rest;
    };
    const { out } = await mtuictl(["run", "--progress", "plain", "x"], { io, script });
    return out;
  }

  test.each([
    [{ tty: true, long: true }, "begun\nended\n1 host: 1 ok\n"],
    [{ tty: true, long: false }, "ant:\nbegun\nended\n\n1 host: 1 ok\n"],
    [{ tty: false, long: true }, "ant:\nbegun\nended\n\n1 host: 1 ok\n"],
  ])("%j", async (options, expected) => {
    expect(await runs(options)).toBe(expected);
  });
});
