import { describe, expect, test } from "vitest";
import { keepLeases } from "../../packages/daemon/src/workspaces/lease.ts";
import { LEASE_MS } from "../../packages/daemon/src/workspaces/registry.ts";
import { AGENT, openDesk } from "../daemon/support/desk.ts";

const SWEEP = 31_000;

describe("the lease of a workspace", () => {
  test("that nobody uses any more ends: its hosts are free, and an event says so", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(LEASE_MS.agent - SWEEP);
    expect(desk.services.workspaces.find("claude/w")).toBeDefined();
    await desk.clock.advance(2 * SWEEP);
    expect(desk.services.workspaces.find("claude/w")).toBeUndefined();
    expect(desk.pool.machine("ant")).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.events.read(0).events.map(({ type }) => type)).toContain("lease.lost");
    stop();
  });

  test("is renewed by a running job, however long it takes", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.command = () => hang.promise;
    const job = desk.call("run", { workspace: "w", command: ["true"] }, { client: AGENT });
    const stop = keepLeases(desk.services);
    await desk.clock.advance(3 * LEASE_MS.agent);
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
    hang.resolve();
    expect(await job).toMatchObject({ job: { state: "done" } });
    // From here on it counts again.
    await desk.clock.advance(LEASE_MS.agent + SWEEP);
    expect(desk.pool.machine("ant").files.pool).toBeNull();
    stop();
  });

  test("is renewed by a mere question of its own agent, and of no other", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    const other = { ...AGENT, id: "c3", name: "other", namespace: "other" };
    const stop = keepLeases(desk.services);
    const minutes = (count: number) => desk.clock.advance(count * 60_000);
    await minutes(14);
    await desk.call("list_hosts", { workspace: "w" }, { client: AGENT });
    await minutes(14);
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
    await desk.call("list_hosts", { workspace: "claude/w" }, { client: other });
    await minutes(3);
    expect(desk.pool.machine("ant").files.pool).toBeNull();
    stop();
  });

  test.each([
    ["a question", "list_hosts", {}],
    ["a job", "run", { command: ["true"] }],
  ] as const)(
    "is looked at in the very step that ends it: %s is in time, or told",
    async (_what, name, params) => {
      using desk = openDesk({ hosts: ["ant"] });
      await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
      let sweep = (): void => undefined;
      const clock = {
        now: () => desk.clock.now(),
        after: (_ms: number, run: () => void) => ((sweep = run), () => {}),
      };
      keepLeases({ ...desk.services, clock });
      const call = () => desk.call(name, { workspace: "w", ...params }, { client: AGENT });
      const workspace = desk.services.workspaces.require("claude/w");

      await desk.clock.advance(LEASE_MS.agent + 1);
      // No promise has had a turn between the call and the sweep.
      const inTime = call();
      sweep();
      expect(workspace.closing).toBe(false);
      await inTime;
      await desk.clock.advance(LEASE_MS.agent + 1);
      sweep();
      // Nor between the look and the end: nobody gets in there.
      const tooLate = desk.call("run", { workspace: "w", command: ["true"] }, { client: AGENT });
      expect(workspace.closing).toBe(true);
      await expect(tooLate).rejects.toMatchObject({ kind: "workspace.closed" });
      await desk.clock.advance(1000);
      await expect(call()).rejects.toMatchObject({ kind: "lease.lost" });
      expect(desk.pool.machine("ant").files.pool).toBeNull();
    },
  );

  test("one that cannot be closed does not stop the sweep of the others", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: AGENT });
    await desk.call("add_host", { workspace: "v", target: ["bee"] }, { client: AGENT });
    desk.pool.machine("ant").gates.release = () => new Promise(() => undefined);
    const stop = keepLeases(desk.services);
    await desk.clock.advance(LEASE_MS.agent + 3 * SWEEP);
    expect(desk.pool.machine("bee").files.pool).toBeNull();
    expect(desk.services.arbiter.view().claims).toMatchObject([{ host: "ant", state: "releasing" }]);
    stop();
    desk.services.releaser.stop();
  });
});
