import { describe, expect, test } from "vitest";
import { AGENT, type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

/**
 * A client that knows nothing but named workspaces, `background` and the four job calls: what it is used
 * to holds here as well. It polls; it has never heard of tickets, cursors or following.
 */
const OLD = { client: AGENT };

function hold(desk: Desk): PromiseWithResolvers<void> {
  const gate = Promise.withResolvers<void>();
  for (const machine of desk.pool.machines.values()) {
    machine.gates.command = () => gate.promise;
    machine.gates.reboot = () => gate.promise;
  }
  return gate;
}

async function poll(desk: Desk, job: string) {
  for (;;) {
    const status = await desk.call("job_status", { job_id: job }, OLD);
    if (!["queued", "waiting", "running", "cancelling"].includes(status.state)) return status;
    await settle();
  }
}

describe("for a client of named workspaces alone", () => {
  test("none is named: the default one, which is made by the first call, can be closed, and comes back empty", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(1);
    await desk.call("load_template", { auto_review_id: rrid }, OLD);
    await desk.call("add_host", {}, OLD);
    const { workspaces } = await desk.call("list_workspaces", {}, OLD);
    expect(workspaces).toMatchObject([
      { workspace: "claude/default", state: "loaded", rrid, hosts: ["ant"] },
    ]);
    expect(await desk.call("close_workspace", {}, OLD)).toMatchObject({ released: ["ant"], unreleased: [] });
    expect(await desk.call("list_hosts", {}, OLD)).toEqual({ hosts: [] });
    await expect(desk.call("close_workspace", { workspace: "nope" }, OLD)).rejects.toMatchObject({
      kind: "workspace.unknown",
      message: expect.stringContaining("nope") as string,
    });
  });

  test("what it does in one neither waits for another nor takes its hosts away", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const [a, b] = [desk.template(1), desk.template(2)];
    await desk.call("load_template", { workspace: "a", auto_review_id: a }, OLD);
    await desk.call("add_host", { workspace: "a" }, OLD);
    const gate = hold(desk);
    const slow = desk.call("run", { workspace: "a", command: ["true"] }, OLD);
    await desk.call("load_template", { workspace: "b", auto_review_id: b }, OLD);
    await desk.call("add_host", { workspace: "b" }, OLD);
    const { workspaces } = await desk.call("list_workspaces", {}, OLD);
    expect(workspaces.map(({ workspace, rrid, hosts }) => [workspace, rrid, hosts])).toEqual([
      ["claude/a", a, ["ant"]],
      ["claude/b", b, ["bee"]],
    ]);
    gate.resolve();
    expect(await slow).toMatchObject({ job: { state: "done" } });
  });
});

describe("for a client of background jobs alone", () => {
  test.each([
    ["run", { command: ["true"] }],
    ["update", {}],
    ["downgrade", {}],
    ["prepare", {}],
    ["install", { package: ["frob"] }],
    ["uninstall", { package: ["frob"] }],
    ["set_repo", { operation: "add" }],
    ["reboot", {}],
  ] as const)("%s answers with an id at once, named after it and counted", async (name, params) => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("load_template", { auto_review_id: desk.template(1) }, OLD);
    await desk.call("add_host", {}, OLD);
    const gate = hold(desk);
    const ids: string[] = [];
    for (const _ of [1, 2]) {
      const { job } = (await desk.call(name, { ...params, background: true }, OLD)) as {
        job: { id: string; command: string; elapsed: number };
      };
      expect(job.command.replaceAll("-", "_").startsWith(name)).toBe(true);
      expect(job.elapsed).toBeTypeOf("number");
      ids.push(job.id);
    }
    expect(ids).toEqual([`${name}-1`, `${name}-2`]);
    const { jobs } = await desk.call("job_list", {}, OLD);
    // The second of one workspace waits for the first; a listing has both, newest first.
    expect(jobs.slice(0, 2).map(({ id, state }) => [id, state])).toEqual([
      [ids[1], "queued"],
      [ids[0], "running"],
    ]);
    await desk.call("job_cancel", { job_id: ids[1] }, OLD);
    await desk.call("job_cancel", { job_id: ids[0] }, OLD);
    gate.resolve();
    // A reboot that is under way cannot be taken back, and then it was not.
    const first = name === "reboot" ? "done" : "cancelled";
    const ended: string[] = [];
    for (const id of ids) ended.push((await poll(desk, id)).state);
    expect(ended).toEqual([first, "cancelled"]);
  });

  test("a result too early is an error with the time so far and the advice to ask again", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { target: ["ant"] }, OLD);
    const gate = hold(desk);
    const { job } = await desk.call("run", { command: ["true"], background: true }, OLD);
    await settle();
    await desk.clock.advance(7_000);
    await expect(desk.call("job_result", { job_id: job.id }, OLD)).rejects.toMatchObject({
      kind: "job.running",
      message: "Job run-1 is still running (7 s).",
      retryable: true,
      hint: expect.stringContaining("job wait run-1") as string,
    });
    gate.resolve();
    expect((await poll(desk, job.id)).state).toBe("done");
  });

  test.each([
    ["true", "done"],
    ["false", "failed"],
  ])("the result of %s is what the call in the foreground says", async (command, state) => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { target: ["ant"] }, OLD);
    desk.pool.machine("ant").answer = (line) => ({ exit: line.includes("false") ? 1 : 0, stdout: "said\n" });
    const foreground = await desk.call("run", { command: [command] }, OLD);
    const { job } = await desk.call("run", { command: [command], background: true }, OLD);
    expect((await poll(desk, job.id)).state).toBe(state);
    const later = await desk.call("job_result", { job_id: job.id }, OLD);
    expect(later.result).toEqual(foreground.result);
    // Each of the two names itself in the hint; all else is equal.
    expect({ ...later.error, hint: "" }).toEqual({ ...foreground.job.error, hint: "" });
  });

  test("of a cancelled job the result says so, and an unknown one is an error", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { target: ["ant"] }, OLD);
    const gate = hold(desk);
    const { job } = await desk.call("run", { command: ["true"], background: true }, OLD);
    await desk.call("run", { command: ["id"], background: true }, OLD);
    await desk.call("job_cancel", { job_id: "run-2" }, OLD);
    expect((await poll(desk, "run-2")).state).toBe("cancelled");
    expect(await desk.call("job_result", { job_id: "run-2" }, OLD)).toMatchObject({
      error: { kind: "job.cancelled" },
    });
    for (const name of ["job_status", "job_result", "job_cancel"] as const)
      await expect(desk.call(name, { job_id: "run-99" }, OLD)).rejects.toMatchObject({
        kind: "job.unknown",
        message: expect.stringContaining("run-99") as string,
      });
    gate.resolve();
    expect((await poll(desk, job.id)).state).toBe("done");
  });

  test("all four take a workspace", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, OLD);
    const { job } = await desk.call("run", { workspace: "w", command: ["true"], background: true }, OLD);
    const of = { workspace: "w", job_id: job.id };
    expect((await desk.call("job_list", { workspace: "w" }, OLD)).jobs.map(({ id }) => id)).toContain(job.id);
    expect((await desk.call("job_list", { workspace: "other" }, OLD)).jobs).toEqual([]);
    await poll(desk, job.id);
    expect(await desk.call("job_status", of, OLD)).toMatchObject({ id: job.id });
    expect(await desk.call("job_result", of, OLD)).toMatchObject({ error: null });
    expect(await desk.call("job_cancel", of, OLD)).toMatchObject({ cancelled: false });
  });
});

describe("for a client that waits for busy hosts by [lock] wait alone", () => {
  test("a pool that is all in use is a wait, and closing a workspace ends it", async () => {
    using desk = openDesk({ hosts: ["ant"], lock: { wait: 3600, wait_poll: 15 } });
    await desk.call("load_template", { workspace: "a", auto_review_id: desk.template(1) }, OLD);
    await desk.call("add_host", { workspace: "a" }, OLD);
    await desk.call("load_template", { workspace: "b", auto_review_id: desk.template(2) }, OLD);
    const waiting = desk.call("add_host", { workspace: "b" }, OLD);
    await settle();
    await desk.call("close_workspace", { workspace: "a" }, OLD);
    expect((await waiting).result?.hosts.map(({ host }) => host)).toEqual(["ant"]);
  });

  test("nobody left is an error that names the test target and says what to do", async () => {
    using desk = openDesk({ hosts: ["ant"], lock: { wait: 0, wait_poll: 15 } });
    await desk.call("load_template", { workspace: "a", auto_review_id: desk.template(1) }, OLD);
    await desk.call("add_host", { workspace: "a" }, OLD);
    await desk.call("load_template", { workspace: "b", auto_review_id: desk.template(2) }, OLD);
    await expect(desk.call("add_host", { workspace: "b" }, OLD)).rejects.toMatchObject({
      kind: "host.busy",
      message: expect.stringContaining("No free host for SLES 15-SP6 x86_64") as string,
      hint: expect.stringMatching(/wait/) as string,
    });
  });
});
