import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import { mtuictl } from "./support/cli.ts";
import type { Script } from "./support/fake-daemon.ts";
import { type FakeIo, fakeIo } from "./support/fake-io.ts";
import { ended, job, ran } from "./support/samples.ts";

/** A job that goes on until it is cancelled; each time somebody waits for it, `whenFollowed` runs. */
function endless(whenFollowed: () => void): { script: Script; cancelled: () => boolean } {
  let cancelled = false;
  const wake = new Set<() => void>();
  const view = () => job({ state: cancelled ? "cancelled" : "running" });
  return {
    cancelled: () => cancelled,
    script: {
      run: { job: view(), result: null },
      job_follow: (_params, signal) =>
        new Promise((resolve, reject) => {
          if (cancelled) return resolve(ended([view()]));
          wake.add(() => resolve(ended([view()])));
          signal?.addEventListener("abort", () => reject(new MtuiError("request.cancelled", "gone")));
          queueMicrotask(whenFollowed);
        }),
      job_cancel: () => {
        cancelled = true;
        for (const resolve of wake) resolve();
        return { job: view(), cancelled: true, message: "Cancelling." };
      },
      job_result: () => ({
        job: view(),
        result: { hosts: [ran("a")], warnings: [] },
        error: { kind: "job.cancelled", message: "Cancelled by mtuictl.", retryable: false },
      }),
    },
  };
}

async function interrupted(argv: string[], { io, times = 1 }: { io: FakeIo; times?: number }) {
  const { script, cancelled } = endless(() => {
    for (let count = 0; count < times; count++) io.interrupt();
  });
  return { ...(await mtuictl(argv, { io, script })), cancelled: cancelled() };
}

describe("Ctrl-C while a job is followed", () => {
  test("without a terminal: leave it running, say how to come back, exit 130", async () => {
    const { code, err, cancelled } = await interrupted(["run", "x"], { io: fakeIo() });
    expect({ code, err, cancelled }).toEqual({
      code: 130,
      err: "Left; it goes on. Come back: mtuictl job follow run-1\n",
      cancelled: false,
    });
  });

  test("--on-interrupt cancel: cancel, follow to the end, show what was done, exit 130", async () => {
    const { code, out, err, cancelled } = await interrupted(["run", "--on-interrupt", "cancel", "x"], {
      io: fakeIo(),
    });
    expect({ code, cancelled }).toEqual({ code: 130, cancelled: true });
    expect(out).toBe("a:\n(no output)\n\n1 host: 1 ok\n");
    expect(err).toContain("Cancelling; Ctrl-C again leaves while that goes on.\n");
    expect(err).toContain("job.cancelled  Cancelled by mtuictl.");
  });

  test.each([
    ["c", true],
    ["l", false],
    ["", false],
  ])("on a terminal it asks; %j cancels: %s", async (answer, cancels) => {
    const io = fakeIo({ tty: true });
    io.typed.push(answer);
    const { code, err, cancelled } = await interrupted(["run", "x"], { io });
    expect({ code, cancelled }).toEqual({ code: 130, cancelled: cancels });
    expect(err).toContain("The job can go on without this terminal. [l]eave running or [c]ancel? ");
  });

  test("the second Ctrl-C leaves while the question is open", async () => {
    const { code, err, cancelled } = await interrupted(["run", "x"], { io: fakeIo({ tty: true }), times: 2 });
    expect({ code, cancelled }).toEqual({ code: 130, cancelled: false });
    expect(err).toContain("[c]ancel? \nLeft; it goes on.");
  });

  test("the second Ctrl-C leaves while the daemon cancels", async () => {
    const io = fakeIo();
    const { script } = endless(() => {
      io.interrupt();
      io.interrupt();
    });
    const hang = { ...script, job_cancel: () => new Promise(() => {}) };
    const { code, err } = await mtuictl(["run", "--on-interrupt", "cancel", "x"], { io, script: hang });
    expect(code).toBe(130);
    expect(err).toContain("Left; it goes on.");
  });

  test("whoever only watches never cancels", async () => {
    const io = fakeIo();
    const { script, cancelled } = endless(() => io.interrupt());
    const { code } = await mtuictl(["job", "follow", "run-1"], { io, script });
    expect({ code, cancelled: cancelled() }).toEqual({ code: 130, cancelled: false });
  });
});
