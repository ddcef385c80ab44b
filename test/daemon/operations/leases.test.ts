import { describe, expect, test } from "vitest";
import { keepLeases } from "../../../packages/daemon/src/workspaces/lease.ts";
import { LostLeases } from "../../../packages/daemon/src/workspaces/lost-leases.ts";
import { LEASE_MS } from "../../../packages/daemon/src/workspaces/registry.ts";
import { AGENT, type Desk, openDesk, PERSON } from "../support/desk.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SWEEP = 31_000;
const DAY = 24 * 3600_000;

/** Workspace `w` with host ant and a report; its lease is over, and it is gone. */
async function lostDesk(): Promise<{ desk: Desk; rrid: string; stop: () => void }> {
  const desk = openDesk({ hosts: ["ant"] });
  const rrid = desk.template(1);
  await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  const stop = keepLeases(desk.services);
  await desk.clock.advance(LEASE_MS.terminal + SWEEP);
  return { desk, rrid, stop };
}

describe("a lease that is over", () => {
  test.each([
    { client: PERSON, ms: 8 * 3600_000, name: "w" },
    { client: AGENT, ms: 15 * 60_000, name: "claude/w" },
  ])(
    "of a $client.kind is so after $ms ms, not before; its hosts are free and an event says so",
    async (row) => {
      using desk = openDesk({ hosts: ["ant"] });
      await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: row.client });
      const stop = keepLeases(desk.services);
      await desk.clock.advance(row.ms - 1000);
      expect(desk.pool.machine("ant").files.pool).not.toBeNull();
      await desk.clock.advance(SWEEP + 1000);
      expect(desk.pool.machine("ant")).toMatchObject({ files: { pool: null }, open: 0 });
      expect(desk.services.arbiter.view().claims).toEqual([]);
      expect(desk.services.events.read(0).events).toContainEqual(
        expect.objectContaining({
          type: "lease.lost",
          workspace: row.name,
          data: { rrid: null, hosts: ["ant"] },
        }),
      );
      stop();
    },
  );

  test.each([
    ["list_hosts", {}],
    ["list_metadata", {}],
    ["list_locks", {}],
    ["run", { command: ["true"] }],
    ["update", {}],
    ["lock", {}],
    ["unlock", {}],
    ["remove_host", {}],
    ["export", {}],
    ["add_host", {}],
  ] as const)("is the error of %s until the workspace is opened again", async (operation, params) => {
    const { desk, rrid, stop } = await lostDesk();
    using _desk = desk;
    for (const _time of ["once", "and again"]) {
      await expect(desk.call(operation, { workspace: "w", ...params })).rejects.toMatchObject({
        kind: "lease.lost",
        message: expect.stringMatching(/^The lease of workspace w ended at 20.*Z .*given back: ant\.$/),
        hint: `Begin again: mtuictl load-template -w w ${rrid}, then mtuictl add-host -w w`,
        data: { workspace: "w", rrid, hosts: ["ant"], at: expect.any(Number) },
      });
    }
    expect(desk.services.workspaces.list()).toEqual([]);
    expect(desk.services.jobs.list()).toHaveLength(1);
    stop();
  });

  test("is told as a warning by the load_template that begins again", async () => {
    const { desk, rrid, stop } = await lostDesk();
    using _desk = desk;
    const { warnings } = await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    expect(warnings).toContainEqual(expect.stringMatching(/given back: ant; others may have used them/));
    expect(await desk.call("list_hosts", { workspace: "w" })).toEqual({ hosts: [] });
    const again = await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    expect(again.warnings.join()).not.toContain("lease");
    stop();
  });

  test("is told by an add_host that names hosts, when it has them", async () => {
    const { desk, stop } = await lostDesk();
    using _desk = desk;
    desk.pool.machine("ant").lockedBy("bob");
    await expect(desk.call("add_host", { workspace: "w", target: ["ant"] })).rejects.toMatchObject({
      kind: "host.busy",
    });
    desk.pool.machine("ant").files.pool = null;
    await expect(desk.call("list_hosts", { workspace: "w" })).rejects.toMatchObject({ kind: "lease.lost" });
    const { result } = await desk.call("add_host", { workspace: "w", target: ["ant"] });
    expect(result?.warnings).toEqual([expect.stringContaining("The lease of workspace w ended")]);
    stop();
  });

  test("is told by the validate of the same update", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(1);
    const workspace = rrid.replaceAll(":", "-");
    await desk.call("load_template", { workspace, auto_review_id: rrid });
    desk.pool.machine("ant").answer = (command) => ({
      exit: command.includes("lr -puU") ? 6 : 0,
      stdout: "",
    });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(LEASE_MS.terminal + SWEEP);
    const { results } = await desk.call("validate", { rrids: [rrid] });
    expect(results?.[0]?.warnings).toContainEqual(expect.stringMatching(/lease .*it had no hosts$/));
    stop();
  });

  test("is seen when the workspace is closed; then there is none of that name", async () => {
    const { desk, stop } = await lostDesk();
    using _desk = desk;
    const close = () => desk.call("close_workspace", { workspace: "w" });
    await expect(close()).rejects.toMatchObject({ kind: "lease.lost" });
    await expect(close()).rejects.toMatchObject({ kind: "workspace.unknown" });
    stop();
  });

  test("of default is told too, in place of an empty desk", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { target: ["ant"] });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(LEASE_MS.terminal + SWEEP);
    await expect(desk.call("list_hosts")).rejects.toMatchObject({
      kind: "lease.lost",
      hint: "Begin again: mtuictl add-host -w default -t ant",
    });
    stop();
  });
});

describe("a lease goes on", () => {
  test("while something of its lane is under way, also what is no job", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    const workspace = desk.services.workspaces.find("claude/w");
    const hang = Promise.withResolvers<void>();
    const removing = workspace?.mutate(() => hang.promise);
    const stop = keepLeases(desk.services);
    await desk.clock.advance(4 * LEASE_MS.agent);
    expect(workspace?.closing).toBe(false);
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
    hang.resolve();
    await removing;
    stop();
  });

  test("for as long as its owner's leases are, from the end of a job on", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.command = () => hang.promise;
    const job = desk.call("run", { workspace: "w", command: ["true"] });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(3 * LEASE_MS.terminal);
    hang.resolve();
    await job;
    await desk.clock.advance(LEASE_MS.terminal - 2 * SWEEP);
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
    stop();
  });

  test("while a job of it waits for hosts", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "v", target: ["bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    const waiting = desk.call("add_host", { workspace: "w", target: ["bee"], wait: 7200 }, { client: AGENT });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(3600_000);
    expect(desk.services.workspaces.find("claude/w")?.hosts.has("ant")).toBe(true);
    await desk.call("close_workspace", { workspace: "v" });
    expect(await waiting).toMatchObject({ job: { state: "done" } });
    stop();
  });

  test("while its agent is at work in another workspace, or only waits for a job", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    const stop = keepLeases(desk.services);
    for (const name of ["job_list", "list_hosts", "job_list", "list_hosts"] as const) {
      await desk.clock.advance(14 * 60_000);
      const params = name === "job_list" ? {} : { workspace: "default" };
      await desk.call(name, params, { client: AGENT });
    }
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
    stop();
  });
});

describe("what is remembered of lost leases", () => {
  const desk = (name: string) => ({ name, rridText: null, hosts: new Map() });

  test("is bounded in number, the oldest go first", () => {
    const lost = new LostLeases(new VirtualClock());
    for (let count = 0; count < 250; count += 1) lost.remember(desk(`w${count}`));
    expect(lost.find("w49")).toBeUndefined();
    expect(lost.find("w50")).toBeDefined();
    expect(lost.find("w249")).toBeDefined();
  });

  test("is bounded in time", async () => {
    const clock = new VirtualClock();
    const lost = new LostLeases(clock);
    lost.remember(desk("w"));
    await clock.advance(7 * DAY);
    expect(lost.find("w")).toBeDefined();
    await clock.advance(1);
    expect(lost.find("w")).toBeUndefined();
    expect(lost.reopened("w")).toEqual([]);
  });
});
