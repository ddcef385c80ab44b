import { describe, expect, test } from "vitest";
import { keepLeases } from "../../../packages/daemon/src/workspaces/lease.ts";
import { LEASE_MS } from "../../../packages/daemon/src/workspaces/registry.ts";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const DAY = 24 * 3600_000;
const SWEEP = 31_000;

/** Workspace `w` with ant and bee; ant is taken over by `v`. */
async function takenOver(desk: Desk): Promise<void> {
  await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
  const claim = desk.services.arbiter.view().claims.find(({ host }) => host === "ant")?.id;
  await desk.call("takeover", { workspace: "v", host: "ant", claim, reason: "urgent" });
}

const run = (desk: Desk, hosts: string[] = []) =>
  desk.call("run", { workspace: "w", command: ["true"], hosts });

describe("a lease that was over before the daemon died", () => {
  async function lost(desk: Desk): Promise<void> {
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(LEASE_MS.terminal + SWEEP);
    stop();
  }

  test("is the error of the next call, in every life until the workspace is opened again", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await lost(desk);
    const next = await desk.nextLife();
    await expect(run(next)).rejects.toMatchObject({
      kind: "lease.lost",
      message: expect.stringMatching(/^The lease of workspace w ended at 20.*given back: ant\.$/),
      data: { workspace: "w", hosts: ["ant"] },
    });
    const third = await next.nextLife();
    await expect(run(third)).rejects.toMatchObject({ kind: "lease.lost" });
    const { result } = await third.call("add_host", { workspace: "w", target: ["ant"] });
    expect(result?.warnings).toEqual([expect.stringContaining("The lease of workspace w ended")]);
    const fourth = await third.nextLife();
    await settle();
    expect(await run(fourth)).toMatchObject({ job: { state: "done" } });
    await fourth.call("close_workspace", { workspace: "w" });
    const fifth = await fourth.nextLife();
    await expect(run(fifth)).rejects.toMatchObject({ kind: "workspace.unknown" });
  });

  test("is forgotten after seven days, and when it was seen", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await lost(desk);
    await desk.clock.advance(7 * DAY + SWEEP);
    const next = await desk.nextLife();
    await expect(run(next)).rejects.toMatchObject({ kind: "workspace.unknown" });
    expect(next.journal.lostLeases.all()).toEqual([]);
    await lost(next);
    const close = (each: Desk) => each.call("close_workspace", { workspace: "w" });
    await expect(close(next)).rejects.toMatchObject({ kind: "lease.lost" });
    await expect(close(await next.nextLife())).rejects.toMatchObject({ kind: "workspace.unknown" });
  });

  test("ends, too, when the daemon died while the hosts were given back", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    const workspace = desk.services.workspaces.find("w");
    if (workspace === undefined) throw new Error("no desk");
    await desk.clock.advance(LEASE_MS.terminal + SWEEP);
    // As the sweep does first; one host is given back, then it dies.
    desk.services.lostLeases.remember(workspace);
    const [ant] = workspace.hosts.values();
    if (ant !== undefined) await desk.services.releaser.release(ant);
    const next = await desk.nextLife();
    await expect(run(next)).rejects.toMatchObject({
      kind: "lease.lost",
      data: { hosts: ["ant", "bee"] },
    });
    await next.clock.advance(60_000);
    for (const name of ["ant", "bee"]) expect(desk.pool.machine(name).files.pool).toBeNull();
    expect(next.services.arbiter.view().claims).toEqual([]);
  });

  test("does not end a workspace in which somebody waits for hosts again", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await lost(desk);
    desk.pool.machine("ant").lockedBy("bob");
    const { job } = await desk.call("add_host", {
      workspace: "w",
      target: ["ant"],
      wait: 600,
      background: true,
    });
    await settle();
    const next = await desk.nextLife();
    await settle();
    desk.pool.machine("ant").files.pool = null;
    await next.clock.advance(120_000);
    expect(await next.call("job_status", { job_id: job.id })).toMatchObject({ state: "done" });
    expect(await run(next)).toMatchObject({ job: { state: "done" } });
  });
});

describe("a host that was taken over before the daemon died", () => {
  test("is the error of the next call", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await takenOver(desk);
    const next = await desk.nextLife();
    await settle();
    await expect(run(next)).rejects.toMatchObject({
      kind: "claim.lost",
      message: expect.stringMatching(/ant was taken over by workspace v at 20.*Z: urgent/),
      data: { hosts: [{ host: "ant", by: "v", reason: "urgent" }] },
    });
    expect(next.pool.machine("bee").commands).toEqual([]);
    expect(await run(next)).toMatchObject({ job: { state: "done" } });
    // Who names it is told each time, and who was told and came back is not told again.
    const third = await next.nextLife();
    await settle();
    expect(await run(third)).toMatchObject({ job: { state: "done" } });
    await expect(run(third, ["ant"])).rejects.toMatchObject({ kind: "claim.lost" });
  });

  test("is told again when the daemon dies right behind the answer: nobody knows whether it was heard", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await takenOver(desk);
    await expect(run(desk)).rejects.toMatchObject({ kind: "claim.lost" });
    const next = await desk.nextLife();
    await settle();
    await expect(run(next)).rejects.toMatchObject({ kind: "claim.lost" });
  });

  test("is forgotten when the workspace has it again, when it is closed, and after seven days", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await takenOver(desk);
    await desk.call("close_workspace", { workspace: "v" });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    expect(await run(desk)).toMatchObject({ job: { state: "done" } });
    expect(desk.journal.lostHosts.all()).toEqual([]);

    const claim = desk.services.arbiter.view().claims.find(({ host }) => host === "ant")?.id;
    await desk.call("takeover", { workspace: "v", host: "ant", claim, reason: "again" });
    expect(desk.journal.lostHosts.all()).toHaveLength(1);
    await desk.clock.advance(7 * DAY + 1);
    const next = await desk.nextLife();
    await settle();
    expect(await run(next)).toMatchObject({ job: { state: "done" } });
    expect(next.journal.lostHosts.all()).toEqual([]);

    const bee = next.services.arbiter.view().claims.find(({ host }) => host === "bee")?.id;
    await next.call("takeover", { workspace: "v", host: "bee", claim: bee, reason: "and again" });
    await next.call("close_workspace", { workspace: "w" });
    expect(next.journal.lostHosts.all()).toEqual([]);
  });

  test("is not lost when the takeover did not come to its end", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const claim = desk.services.arbiter.view().claims[0]?.id;
    desk.services.arbiter.takeover = () => {
      throw new Error("dead");
    };
    await expect(
      desk.call("takeover", { workspace: "v", host: "ant", claim, reason: "urgent" }),
    ).rejects.toThrow("dead");
    expect(desk.journal.lostHosts.all()).toEqual([]);
    expect(await run(desk)).toMatchObject({ job: { state: "done" } });
  });
});

describe("a host whose lock was somebody else's when the daemon came back", () => {
  test("is the error of the next call, which would go on with fewer", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    desk.pool.machine("ant").lockedBy("bob");
    const next = await desk.nextLife();
    await settle();
    const told = {
      kind: "claim.lost",
      message: expect.stringMatching(
        /^Nothing was done: ant is not ours any more: .*bob.* \(seen at 20.*Z\)\.$/,
      ),
      hint: expect.stringContaining("mtuictl add-host -w w -t ant"),
      data: { hosts: [{ host: "ant", by: null }] },
    };
    await expect(run(next)).rejects.toMatchObject(told);
    expect(next.pool.machine("bee").commands).toEqual([]);
    await expect(run(next, ["ant"])).rejects.toMatchObject(told);
    expect(await run(next)).toMatchObject({ job: { state: "done" } });
  });

  test("does not end a job that goes on elsewhere: that says itself what became of the host", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    const hang = Promise.withResolvers<void>();
    for (const name of ["ant", "bee"]) desk.pool.machine(name).gates.command = () => hang.promise;
    const { job } = await desk.call("run", { workspace: "w", command: ["work"], background: true });
    await settle();
    desk.pool.machine("ant").lockedBy("bob");
    const next = await desk.nextLife();
    await settle();
    for (const name of ["ant", "bee"]) delete desk.pool.machine(name).gates.command;
    hang.resolve();
    await next.services.jobs.get(job.id).ended;
    expect(await next.call("job_status", { job_id: job.id })).toMatchObject({
      state: "lost",
      error: { data: { hosts: { ant: "lost", bee: "ok" } } },
    });
    await expect(run(next)).rejects.toMatchObject({ kind: "claim.lost" });
  });
});
