import { describe, expect, test } from "vitest";
import type { Workspace } from "../../../packages/daemon/src/workspaces/workspace.ts";
import type { WorkspaceHost } from "../../../packages/daemon/src/workspaces/workspace-host.ts";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

async function deskWith(
  ...names: string[]
): Promise<{ desk: Desk; workspace: Workspace; host: WorkspaceHost }> {
  const desk = openDesk({ hosts: names });
  await desk.call("add_host", { workspace: "w", target: names });
  const workspace = desk.services.workspaces.find("w");
  const host = workspace?.hosts.get(names[0] ?? "");
  if (workspace === undefined || host === undefined) throw new Error("no host was added");
  return { desk, workspace, host };
}

describe("releasing a host", () => {
  test("asked for twice at the same time happens once", async () => {
    const { desk, host } = await deskWith("ant");
    using _desk = desk;
    let asked = 0;
    desk.pool.machine("ant").gates.release = async () => {
      asked += 1;
    };
    const { releaser } = desk.services;
    const reports = await Promise.all([releaser.release(host), releaser.release(host)]);
    expect(asked).toBe(1);
    expect(reports).toEqual([
      { host: "ant", reason: null },
      { host: "ant", reason: null },
    ]);
  });

  test("that failed is retried by one loop with back-off, however often it is asked for, until the file is gone", async () => {
    const { desk, host } = await deskWith("ant");
    using _desk = desk;
    const ant = desk.pool.machine("ant");
    ant.stuck = true;
    const { releaser, arbiter } = desk.services;
    const first = await releaser.release(host);
    const second = await releaser.release(host);
    expect(first.reason).toMatch(/read-only file system/);
    expect(second).toEqual(first);
    expect(releaser.unreleased).toEqual([first]);
    const before = desk.pool.sessions.length;
    await desk.clock.advance(2_000);
    expect(desk.pool.sessions.length - before).toBe(1);
    expect(arbiter.view().claims).toMatchObject([{ host: "ant", state: "releasing" }]);
    ant.stuck = false;
    await desk.clock.advance(4_000);
    expect(ant).toMatchObject({ files: { pool: null }, open: 0 });
    expect(arbiter.view().claims).toEqual([]);
    const after = desk.pool.sessions.length;
    await desk.clock.advance(600_000);
    expect(desk.pool.sessions.length).toBe(after);
  });

  test("of a host that does not answer is bounded in time", async () => {
    const { desk, host } = await deskWith("ant");
    using _desk = desk;
    desk.pool.machine("ant").gates.release = () => new Promise(() => undefined);
    const releasing = desk.services.releaser.release(host);
    await settle();
    await desk.clock.advance(10_000);
    expect((await releasing).reason).toMatch(/no answer within/);
    desk.services.releaser.stop();
  });
});

describe("closing a workspace", () => {
  test("waits for a lock that is being taken, and removes it too", async () => {
    const { desk } = await deskWith("ant");
    using _desk = desk;
    const ant = desk.pool.machine("ant");
    const slow = Promise.withResolvers<void>();
    ant.gates.lock = () => slow.promise;
    const locking = desk.call("lock", { workspace: "w" });
    await settle();
    const closing = desk.call("close_workspace", { workspace: "w", force: true });
    await settle();
    slow.resolve();
    await expect(locking).rejects.toMatchObject({ kind: "job.cancelled" });
    expect(await closing).toMatchObject({ released: ["ant"], unreleased: [] });
    expect(ant.files).toEqual({ operation: null, pool: null });
  });

  test("twice at the same time releases once and reports alike", async () => {
    const { desk } = await deskWith("ant");
    using _desk = desk;
    const close = () => desk.call("close_workspace", { workspace: "w" });
    const [one] = await Promise.all([close(), close()]);
    expect(one).toMatchObject({ released: ["ant"] });
    expect(desk.pool.machine("ant")).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.workspaces.find("w")).toBeUndefined();
  });

  test("refuses what waited in its lane, which would be lost", async () => {
    const { desk } = await deskWith("ant");
    using _desk = desk;
    const rrid = desk.template(7);
    const slow = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.lock = () => slow.promise;
    const locking = desk.call("lock", { workspace: "w" });
    await settle();
    const loading = desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    // Into the lane, behind the lock; reading the template takes real files.
    while ((desk.services.workspaces.find("w")?.lane.pending ?? 0) < 2) await settle();
    const closing = desk.call("close_workspace", { workspace: "w", force: true });
    slow.resolve();
    await Promise.allSettled([locking, closing]);
    await expect(loading).rejects.toMatchObject({ kind: "workspace.closed" });
  });
});
