import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import { LIMITS } from "../../../packages/mcp-shim/src/limits.ts";
import { job } from "../../cli/support/samples.ts";
import { fakeClient, silence } from "../support/fake-client.ts";
import { session, textOf } from "../support/session.ts";

const never = (): never => {
  throw new Error("the daemon was dialled");
};

describe("without a daemon", () => {
  test("the tools are listed, and wrong calls are answered", async () => {
    await using mcp = await session(async () => never());
    expect(mcp.client.getInstructions()).toContain("load_template");
    expect((await mcp.client.listTools()).tools.length).toBeGreaterThan(40);
    const reply = await mcp.call("list_hosts", { hots: ["a"] });
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toContain("params.invalid");
  });

  test.each([
    ["lst_hosts", 'There is no tool "lst_hosts". Did you mean list_hosts?'],
    ["daemon_stop", 'There is no tool "daemon_stop".'],
    ["x".repeat(200), `There is no tool "${"x".repeat(80)}".`],
  ])("a tool %s that there is not is a protocol error", async (name, message) => {
    await using mcp = await session(async () => never());
    await expect(mcp.call(name)).rejects.toMatchObject({
      code: -32602,
      message: expect.stringContaining(message),
    });
  });
});

describe("a plain call", () => {
  test("answers with the daemon's result, text and structure", async () => {
    const daemon = fakeClient({ list_hosts: () => ({ hosts: [] }) });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("list_hosts", { workspace: "desk" });
    expect(reply.structuredContent).toMatchObject({ hosts: [] });
    expect(textOf(reply)).toMatch(/\S/);
    expect(daemon.asked).toEqual([{ method: "list_hosts", params: { workspace: "desk" }, key: undefined }]);
  });

  test("that changes something has a key", async () => {
    const daemon = fakeClient({
      close_workspace: () => ({ workspace: "x", released: [], unreleased: [], cancelled_jobs: [] }),
    });
    await using mcp = await session(async () => daemon);
    await mcp.call("close_workspace");
    expect(daemon.asked[0]?.key).toMatch(/^[A-Za-z0-9_-]{16,64}$/);
  });

  test("an error is the tool's answer, with kind and hint", async () => {
    const daemon = fakeClient({
      load_template: () => {
        throw new MtuiError("workspace.occupied", "Another report is loaded.", {
          hint: "Take another workspace.",
        });
      },
    });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("load_template", { auto_review_id: "SUSE:Maintenance:1:2" });
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(
      /workspace\.occupied[\s\S]*Another report is loaded\.[\s\S]*Take another workspace\./,
    );
  });

  test.each([
    ["list_hosts", LIMITS.readMs, /Ask again/],
    ["close_workspace", LIMITS.changeMs, /look at list_workspaces/],
  ])("%s has its limit, and then says what to look at", async (name, limit, hint) => {
    const daemon = fakeClient({ [name]: silence });
    await using mcp = await session(async () => daemon);
    const called = mcp.call(name);
    await mcp.clock.advance(limit);
    const reply = await called;
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/request\.timeout/);
    expect(textOf(reply)).toMatch(hint);
  });

  test("one that is over at once sends no progress, one that lasts does", async () => {
    const end = Promise.withResolvers<unknown>();
    const daemon = fakeClient({ list_hosts: () => ({ hosts: [] }), list_locks: () => end.promise });
    await using mcp = await session(async () => daemon);
    const heard: string[] = [];
    const onProgress = ({ message = "" }: { message?: string | undefined }): void => void heard.push(message);
    await mcp.call("list_hosts", {}, { onProgress });
    const called = mcp.call("list_locks", {}, { onProgress });
    await mcp.clock.advance(LIMITS.progressMs);
    end.resolve({ locks: [] });
    await called;
    expect(heard).toEqual(["list_locks"]);
  });
});

describe("waiting", () => {
  const view = job({ id: "update-1", state: "running" });

  test.each([
    [{ timeout: 600 }, 45],
    [{ timeout: 5 }, 5],
    [{}, 30],
  ])("job_wait %j waits %i s", async (args, seconds) => {
    const daemon = fakeClient({ job_wait: () => ({ finished: false, jobs: [view] }) });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("job_wait", { job_ids: ["update-1"], ...args });
    expect(daemon.asked[0]?.params).toMatchObject({ timeout: seconds });
    const cut = "timeout" in args && args.timeout > seconds;
    expect(textOf(reply).includes("Waited 45 s of the 600 s")).toBe(cut);
    expect(reply.structuredContent).toMatchObject({ finished: false });
  });

  test("what has ended in time needs no remark", async () => {
    const daemon = fakeClient({ job_wait: () => ({ finished: true, jobs: [job({ id: "update-1" })] }) });
    await using mcp = await session(async () => daemon);
    expect(textOf(await mcp.call("job_wait", { job_ids: ["update-1"], timeout: 600 }))).not.toContain(
      "Waited",
    );
  });

  test.each(["job_follow", "list_events"])("%s, too, is cut to what clients bear", async (name) => {
    const daemon = fakeClient({
      [name]: () => ({ events: [], cursor: 0, gap: false, finished: false, jobs: [] }),
    });
    await using mcp = await session(async () => daemon);
    await mcp.call(name, { timeout: 60, ...(name === "job_follow" ? { job_ids: ["a"] } : {}) });
    expect(daemon.asked[0]?.params).toMatchObject({ timeout: 45 });
  });
});

describe("output in pages", () => {
  const reply = { job: job({ id: "run-1" }), result: null, error: null, output: [], cursor: null };

  test.each([
    [{ output: true }, 6_000],
    [{ cursor: "c", limit: 1_000_000 }, 6_000],
    [{ tail: 10, limit: 2_000 }, 2_000],
    [{}, undefined],
    [{ output: false }, undefined],
  ])("job_result %j asks for pages that a reply can show: %s", async (args, limit) => {
    const daemon = fakeClient({ job_result: () => reply });
    await using mcp = await session(async () => daemon);
    await mcp.call("job_result", { job_id: "run-1", ...args });
    expect(daemon.asked.at(-1)?.params["limit"]).toBe(limit);
  });
});

describe("template in place of a workspace", () => {
  const workspaces = [
    {
      workspace: "me/desk",
      state: "loaded",
      rrid: "SUSE:Maintenance:1:2",
      hosts: [],
      jobs: [],
      lease_until: null,
    },
  ];

  test("is where the report is loaded", async () => {
    const daemon = fakeClient({ list_workspaces: () => ({ workspaces }), list_hosts: () => ({ hosts: [] }) });
    await using mcp = await session(async () => daemon);
    await mcp.call("list_hosts", { template: "SUSE:Maintenance:1:2" });
    expect(daemon.asked.at(-1)).toMatchObject({ method: "list_hosts", params: { workspace: "desk" } });
  });

  test("loaded nowhere: the tool is not called", async () => {
    const daemon = fakeClient({ list_workspaces: () => ({ workspaces }) });
    await using mcp = await session(async () => daemon);
    const reply = await mcp.call("run", { command: ["id"], template: "SUSE:Maintenance:9:9" });
    expect(reply.isError).toBe(true);
    expect(textOf(reply)).toMatch(/workspace\.unknown[\s\S]*SUSE:Maintenance:1:2 \(workspace desk\)/);
    expect(daemon.asked.map(({ method }) => method)).toEqual(["list_workspaces"]);
  });
});

test("the result of a job that failed or was cancelled is an error, and says what was done all the same", async () => {
  const error = { kind: "job.cancelled", message: "Cancelled by hand.", retryable: false } as const;
  const cancelled = job({ id: "run-1", state: "cancelled", error });
  const daemon = fakeClient({ job_result: () => ({ job: cancelled, result: { hosts: [] }, error }) });
  await using mcp = await session(async () => daemon);
  const reply = await mcp.call("job_result", { job_id: "run-1" });
  expect(reply).toMatchObject({ isError: true, structuredContent: { result: { hosts: [] } } });
  expect(textOf(reply)).toContain("job.cancelled");
});
