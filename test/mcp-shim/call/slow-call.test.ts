import { describe, expect, test } from "vitest";
import type { JobView } from "@mtui/core/registry";
import { LIMITS } from "../../../packages/mcp-shim/src/limits.ts";
import { job as sample } from "../../cli/support/samples.ts";
import { settle } from "../../daemon/support/virtual-clock.ts";
import { type Answer, type Asked, type FakeClient, fakeClient, silence } from "../support/fake-client.ts";
import { session, textOf } from "../support/session.ts";

const RESULT = { hosts: [], warnings: [] };

function job(fields: Partial<JobView> = {}): JobView {
  return sample({
    id: "update-1",
    operation: "update",
    command: "update",
    workspace: "me/default",
    ...fields,
  });
}

const RUNNING = job({ state: "running", hosts: { ant: { state: "running", step: "zypper patch" } } });
const DONE = job({ state: "done" });

type Page = { jobs: JobView[]; finished?: boolean };

/** `job_follow` that answers with these pages, one each time; a promise is waited for, after the last it is silent. */
function pages(...all: (Page | Promise<Page>)[]): Answer {
  const left = [...all];
  let cursor = 0;
  return async () => {
    const next = left.shift();
    if (next === undefined) return new Promise(() => {});
    const { jobs, finished = false } = await next;
    return { events: [], cursor: ++cursor, gap: false, finished, jobs };
  };
}

const starts: Answer = () => ({ job: job({ state: "queued" }), result: null });
const ended: Answer = () => ({ job: DONE, result: RESULT, error: null });

/** What the work itself was; signs of life left out. */
const methods = ({ asked }: FakeClient): string[] =>
  asked.map(({ method }) => method).filter((method) => method !== "heartbeat");

const paramsOf = ({ asked }: FakeClient, method: string): Asked["params"][] =>
  asked.filter((one) => one.method === method).map(({ params }) => params);

describe("a slow tool in the foreground", () => {
  test("is a job that is followed; the reply is that of a foreground call", async () => {
    const daemon = fakeClient({
      update: starts,
      job_follow: pages({ jobs: [RUNNING] }, { jobs: [DONE], finished: true }),
      job_result: ended,
    });
    await using mcp = await session(async () => daemon);
    // From here on the client holds every structured result against the schema that its tool has promised.
    await mcp.client.listTools();
    const reply = await mcp.call("update", { hosts: ["ant"] });
    expect(reply.isError).toBeUndefined();
    expect(reply.structuredContent).toMatchObject({ job: { id: "update-1", state: "done" }, result: RESULT });
    expect(methods(daemon)).toEqual(["update", "job_follow", "job_follow", "job_result"]);
    expect(daemon.asked[0]).toMatchObject({
      params: { hosts: ["ant"], background: true },
      key: expect.stringMatching(/^[A-Za-z0-9_-]{16,64}$/),
    });
    expect(paramsOf(daemon, "job_follow")).toMatchObject([{ job_ids: ["update-1"], from: 0 }, { from: 1 }]);
  });

  test("in the background it answers with the job at once", async () => {
    const daemon = fakeClient({ update: starts });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("update", { background: true });
    expect(reply.structuredContent).toMatchObject({ job: { id: "update-1", state: "queued" }, result: null });
    expect(methods(daemon)).toEqual(["update"]);
  });

  test("two calls have two keys", async () => {
    const daemon = fakeClient({ update: starts });
    await using mcp = await session(async () => daemon);
    await mcp.call("update", { background: true });
    await mcp.call("update", { background: true });
    expect(new Set(daemon.asked.map(({ key }) => key)).size).toBe(2);
  });

  test("a job that failed is an error, with the result that there is", async () => {
    const error = {
      kind: "operation.failed",
      message: "1 of 2 hosts did not end well.",
      retryable: false,
    } as const;
    const failed = job({ state: "failed", error });
    const daemon = fakeClient({
      update: starts,
      job_follow: pages({ jobs: [failed], finished: true }),
      job_result: () => ({ job: failed, result: RESULT, error }),
    });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("update");
    expect(reply).toMatchObject({
      isError: true,
      structuredContent: { job: { state: "failed" }, result: RESULT },
    });
    expect(textOf(reply)).toContain("operation.failed");
  });

  test("one without a result is the error itself, and names its job", async () => {
    const error = { kind: "host.none", message: "No hosts.", hint: "Take some.", retryable: false } as const;
    const failed = job({ state: "failed", error });
    const daemon = fakeClient({
      update: starts,
      job_follow: pages({ jobs: [failed], finished: true }),
      job_result: () => ({ job: failed, result: null, error }),
    });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("update");
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/host\.none.*No hosts\.[\s\S]*update-1/);
  });

  test("validate: all of its jobs, and a result or an error for each", async () => {
    const [one, two] = ["validate-1", "validate-2"].map((id) => job({ id, operation: "validate" }));
    const error = { kind: "template.notFound", message: "Not there.", retryable: false } as const;
    const daemon = fakeClient({
      validate: () => ({ jobs: [one, two], results: null }),
      job_follow: pages({ jobs: [one as JobView, two as JobView], finished: true }),
      job_result: ({ params }) =>
        params["job_id"] === "validate-1"
          ? { job: one, result: null, error: null }
          : { job: two, result: null, error },
    });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("validate", { rrids: ["SUSE:Maintenance:1:2", "SUSE:Maintenance:3:4"] });
    expect(reply.structuredContent).toMatchObject({
      jobs: [
        { id: "validate-1", error: null },
        { id: "validate-2", error: { kind: "template.notFound" } },
      ],
      results: [null, null],
    });
  });
});

describe("progress of a slow call", () => {
  test("says real steps on real hosts, at most once a second, and always more", async () => {
    const gates = Array.from({ length: 20 }, () => Promise.withResolvers<Page>());
    const daemon = fakeClient({
      update: starts,
      job_follow: pages(...gates.map(({ promise }) => promise)),
      job_result: ended,
    });
    await using mcp = await session(async () => daemon);
    const heard: { progress: number; message?: string | undefined; at: number }[] = [];
    const called = mcp.call(
      "update",
      {},
      { onProgress: (one) => heard.push({ ...one, at: mcp.clock.now() }) },
    );
    await settle();
    for (const [index, gate] of gates.slice(0, -1).entries()) {
      const step = `step ${index}`;
      gate.resolve({
        jobs: [job({ state: "running", hosts: { ant: { state: "running", step }, bee: { state: "ok" } } })],
      });
      await mcp.clock.advance(250);
    }
    // No news for long: the last of it again.
    await mcp.clock.advance(3 * LIMITS.keepAliveMs);
    gates.at(-1)?.resolve({ jobs: [DONE], finished: true });
    await called;
    const late: Error[] = [];
    mcp.client.onerror = (error) => late.push(error);
    await mcp.clock.advance(10 * LIMITS.keepAliveMs);
    expect(late, "nothing is sent for a call that has been answered").toEqual([]);

    expect(heard[0]?.message).toBe("update-1: queued");
    expect(heard.map(({ message }) => message)).toContain("update-1: running; ant: step 18; bee: ok");
    expect(heard.filter(({ message }) => message?.includes("step 18"))).toHaveLength(3);
    for (const [index, { progress, at }] of heard.entries()) {
      const last = heard[index - 1];
      if (last === undefined) continue;
      expect(progress).toBeGreaterThan(last.progress);
      expect(at - last.at).toBeGreaterThanOrEqual(LIMITS.progressMs);
    }
  });

  test("what hosts say in it is one short line that steers nothing", async () => {
    const step = `\u001b]0;owned\u0007a\nb ${"x".repeat(500)}`;
    const daemon = fakeClient({
      update: starts,
      job_follow: pages({
        jobs: [job({ state: "running", step, hosts: { ant: { state: "running", step } } })],
      }),
    });
    await using mcp = await session(async () => daemon);
    const heard: string[] = [];
    void mcp.call("update", {}, { onProgress: ({ message }) => heard.push(message ?? "") }).catch(() => {});
    await mcp.clock.advance(2_000);
    expect(heard.at(-1)).toMatch(/^update-1: running; a b x+; ant: a b x+$/);
    expect(heard.at(-1)?.length).toBeLessThanOrEqual(300);
  });

  test("without a token there is none", async () => {
    const daemon = fakeClient({
      update: starts,
      job_follow: pages({ jobs: [RUNNING] }, { jobs: [DONE], finished: true }),
      job_result: ended,
    });
    await using mcp = await session(async () => daemon);
    let others = 0;
    mcp.client.fallbackNotificationHandler = async () => void others++;
    await mcp.call("update");
    expect(others).toBe(0);
  });
});

describe("giving up", () => {
  test("a cancelled call cancels its jobs", async () => {
    const daemon = fakeClient({ update: starts, job_follow: pages({ jobs: [RUNNING] }) });
    await using mcp = await session(async () => daemon);
    const abort = new AbortController();
    const called = mcp.call("update", {}, { signal: abort.signal });
    called.catch(() => {});
    await settle();
    abort.abort("enough");
    await expect(called).rejects.toThrow();
    await settle();
    expect(methods(daemon).slice(-2)).toEqual(["job_follow", "job_cancel"]);
    expect(paramsOf(daemon, "job_cancel")).toEqual([{ job_id: "update-1" }]);
  });

  test("cancelled while the job is being started: it is cancelled as soon as it has a name", async () => {
    const started = Promise.withResolvers<unknown>();
    const daemon = fakeClient({ update: () => started.promise });
    await using mcp = await session(async () => daemon);
    const abort = new AbortController();
    mcp.call("update", {}, { signal: abort.signal }).catch(() => {});
    await settle();
    abort.abort();
    await settle();
    expect(methods(daemon)).toEqual(["update"]);
    started.resolve({ job: job({ state: "queued" }), result: null });
    await settle();
    expect(methods(daemon)).toEqual(["update", "job_cancel"]);
  });

  test("a client that is gone cancels nothing", async () => {
    const daemon = fakeClient({ update: starts, job_follow: pages({ jobs: [RUNNING] }) });
    const mcp = await session(async () => daemon);
    mcp.call("update").catch(() => {});
    await settle();
    await mcp.client.close();
    await settle();
    expect(methods(daemon)).toEqual(["update", "job_follow", "job_follow"]);
    await mcp[Symbol.asyncDispose]();
  });

  test("work that lasts longer than a call may goes on as a job that is named", async () => {
    let polls = 0;
    const slow = fakeClient({
      update: starts,
      job_follow: () => {
        polls++;
        return new Promise((resolve) => {
          mcp.clock.after(25_000, () =>
            resolve({ events: [], cursor: polls, gap: false, finished: false, jobs: [RUNNING] }),
          );
        });
      },
    });
    const mcp = await session(async () => slow);
    const called = mcp.call("update");
    await mcp.clock.advance(LIMITS.slowMs + 1);
    const reply = await called;
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/request\.timeout[\s\S]*update-1[\s\S]*ant: zypper patch/);
    expect(methods(slow)).not.toContain("job_cancel");
    await mcp[Symbol.asyncDispose]();
  });
});

describe("a daemon that goes while work is followed", () => {
  test("its successor is followed, and nothing is started twice", async () => {
    const first: FakeClient = fakeClient({
      update: starts,
      job_follow: () => {
        first.lose();
        return new Promise(() => {});
      },
    });
    const second = fakeClient({ job_follow: pages({ jobs: [DONE], finished: true }), job_result: ended });
    const daemons = [first, second];
    await using mcp = await session(async () => daemons.shift() as FakeClient);
    expect((await mcp.call("update")).structuredContent).toMatchObject({ job: { state: "done" } });
    expect(methods(first)).toEqual(["update", "job_follow"]);
    expect(methods(second)).toEqual(["job_follow", "job_result"]);
  });

  test("lost before the job's name came: asked again under the same key, it is the same job", async () => {
    const first: FakeClient = fakeClient({
      update: () => {
        first.lose();
        return new Promise(() => {});
      },
    });
    const second = fakeClient({
      update: starts,
      job_follow: pages({ jobs: [DONE], finished: true }),
      job_result: ended,
    });
    const daemons = [first, second];
    await using mcp = await session(async () => daemons.shift() as FakeClient);
    await mcp.call("update");
    const keys = [...first.asked, ...second.asked]
      .filter(({ method }) => method === "update")
      .map(({ key }) => key);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
  });

  test("hung: the answer names the job and the last step seen; the next call dials anew", async () => {
    const daemon = fakeClient({ update: starts, job_follow: pages({ jobs: [RUNNING] }), heartbeat: silence });
    const daemons = [daemon, fakeClient({ job_status: () => RUNNING })];
    await using mcp = await session(async () => daemons.shift() as FakeClient);
    const called = mcp.call("update");
    await mcp.clock.advance(LIMITS.quietMs + LIMITS.signMs);
    const reply = await called;
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(
      /daemon\.unreachable[\s\S]*update-1[\s\S]*ant: zypper patch[\s\S]*job_status job_id=update-1/,
    );
    expect((await mcp.call("job_status", { job_id: "update-1" })).structuredContent).toMatchObject({
      id: "update-1",
    });
  });
});
