import { describe, expect, test } from "vitest";
import { AGENT, openDesk, PERSON } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

/** A job of the agent's, and one of a person's, both at work. */
async function working() {
  const desk = openDesk({ hosts: ["ant", "bee"] });
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  await desk.call("add_host", { workspace: "w", target: ["bee"] }, { client: AGENT });
  const hang = Promise.withResolvers<void>();
  for (const machine of desk.pool.machines.values()) machine.gates.command = () => hang.promise;
  const run = { workspace: "w", command: ["true"], background: true };
  const theirs = await desk.call("run", run);
  const its = await desk.call("run", run, { client: AGENT });
  await settle();
  return { desk, hang, theirs: theirs.job.id, its: its.job.id };
}

describe("who may end a job", () => {
  test("an agent ends only jobs of its own workspaces; it may look at all", async () => {
    const { desk, hang, theirs, its } = await working();
    using _desk = desk;
    await expect(desk.call("job_cancel", { job_id: theirs }, { client: AGENT })).rejects.toMatchObject({
      kind: "permission.denied",
    });
    expect(await desk.call("job_status", { job_id: theirs }, { client: AGENT })).toMatchObject({
      state: "running",
    });
    expect(await desk.call("job_cancel", { job_id: its }, { client: AGENT })).toMatchObject({
      cancelled: true,
    });
    hang.resolve();
  });

  test("a person ends an agent's job", async () => {
    const { desk, hang, its } = await working();
    using _desk = desk;
    expect(await desk.call("job_cancel", { job_id: its }, { client: PERSON })).toMatchObject({
      cancelled: true,
    });
    hang.resolve();
    expect(await desk.call("job_wait", { job_ids: [its] })).toMatchObject({
      finished: true,
      jobs: [{ state: "cancelled" }],
    });
  });

  test("an agent closes only its own workspaces", async () => {
    const { desk, hang } = await working();
    using _desk = desk;
    const others = desk.call("close_workspace", { workspace: "someone/w", force: true }, { client: AGENT });
    await expect(others).rejects.toMatchObject({ kind: "permission.denied" });
    hang.resolve();
  });
});

describe("who may stop the daemon", () => {
  test("an agent only when it is idle, so that it ends nobody's work", async () => {
    const { desk, hang } = await working();
    using _desk = desk;
    await expect(desk.call("daemon_stop", {}, { client: AGENT })).rejects.toMatchObject({
      kind: "permission.denied",
    });
    expect(await desk.call("daemon_stop", { if_idle: true }, { client: AGENT })).toMatchObject({
      stopping: false,
    });
    hang.resolve();
  });
});

describe("waiting for jobs", () => {
  test("leaves no timer behind, neither at the end of the job nor of the caller", async () => {
    const { desk, hang, theirs } = await working();
    using _desk = desk;
    const before = desk.clock.pending;
    const gone = new AbortController();
    const left = desk.call("job_wait", { job_ids: [theirs], timeout: 60 }, { signal: gone.signal });
    const stayed = desk.call("job_wait", { job_ids: [theirs], timeout: 60 });
    await settle();
    expect(desk.clock.pending).toBe(before + 2);
    gone.abort();
    expect(await left).toMatchObject({ finished: false });
    expect(desk.clock.pending).toBe(before + 1);
    hang.resolve();
    expect(await stayed).toMatchObject({ finished: true });
    expect(desk.clock.pending).toBe(before);
  });

  test("a foreground caller that vanishes leaves its job at work", async () => {
    const { desk, hang, theirs } = await working();
    using _desk = desk;
    const gone = new AbortController();
    const foreground = desk.call("run", { workspace: "w", command: ["id"] }, { signal: gone.signal });
    await settle();
    gone.abort();
    await expect(foreground).rejects.toMatchObject({ kind: "request.cancelled", data: { job: "run-3" } });
    hang.resolve();
    const { jobs } = await desk.call("job_wait", { job_ids: [theirs, "run-3"] });
    expect(jobs.map(({ state }) => state)).toEqual(["done", "done"]);
  });
});

describe("following jobs", () => {
  test("ends with the job, has every event once, and says 'finished' only when nothing is left to read", async () => {
    const { desk, hang, theirs } = await working();
    using _desk = desk;
    const types: string[] = [];
    let from = 0;
    const first = await desk.call("job_follow", { job_ids: [theirs], from });
    expect(first).toMatchObject({ finished: false, gap: false });
    types.push(...first.events.map(({ type }) => type));
    from = first.cursor;
    hang.resolve();
    for (let finished = false; !finished; ) {
      const page = await desk.call("job_follow", { job_ids: [theirs], from });
      types.push(...page.events.map(({ type }) => type));
      ({ cursor: from, finished } = page);
    }
    expect(types.filter((type) => type === "job.state")).toHaveLength(3);
    const again = await desk.call("job_follow", { job_ids: [theirs], from });
    expect(again).toMatchObject({ events: [], finished: true });
  });
});
