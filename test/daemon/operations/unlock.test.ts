import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "@mtui/core/registry";
import { type Desk, openDesk } from "../support/desk.ts";
import type { FakeMachine } from "../support/fake-pool.ts";
import { settle } from "../support/virtual-clock.ts";

/** A workspace `w` with the host ant. */
async function deskWithAnt(): Promise<Desk & { ant: FakeMachine }> {
  const desk = openDesk({ hosts: ["ant"] });
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  return Object.assign(desk, { ant: desk.pool.machine("ant") });
}

function forced(desk: Desk): DaemonEvent[] {
  return desk.services.events.read(0, { types: ["lock.forced"] }).events;
}

/** A job of `w` that is at work until it is told to end. */
function runUntil(desk: Desk & { ant: FakeMachine }) {
  const hang = Promise.withResolvers<void>();
  desk.ant.gates.command = () => hang.promise;
  return { running: desk.call("run", { workspace: "w", command: ["true"] }), end: () => hang.resolve() };
}

describe("unlock --pool", () => {
  test("gives the host up: both halves go, and others can have it", async () => {
    using desk = await deskWithAnt();
    expect(await desk.call("unlock", { workspace: "w", pool: true })).toMatchObject({
      hosts: [{ host: "ant", state: "released", was: "locked by me+mtuid for 1 s (mtui pool - [w])" }],
    });
    expect(desk.ant).toMatchObject({ files: { pool: null, operation: null }, open: 0 });
    expect(desk.services.arbiter.view().claims).toEqual([]);
    expect((await desk.call("list_hosts", { workspace: "w" })).hosts).toEqual([]);
    expect(forced(desk)).toEqual([]);
  });

  test("a file that is gone already takes the host with it, too", async () => {
    using desk = await deskWithAnt();
    desk.ant.files.pool = null;
    expect(await desk.call("unlock", { workspace: "w", pool: true })).toMatchObject({
      hosts: [{ state: "released", was: null }],
    });
    expect(desk.services.arbiter.view().claims).toEqual([]);
  });

  test("is refused while a job of the workspace is at work there", async () => {
    using desk = await deskWithAnt();
    const { running, end } = runUntil(desk);
    await settle();
    expect(await desk.call("unlock", { workspace: "w", pool: true, force: true })).toMatchObject({
      hosts: [
        { state: "error", kind: "workspace.busy", message: expect.stringContaining("job cancel run-1") },
      ],
    });
    expect(desk.ant.files.pool).not.toBeNull();
    end();
    expect(await running).toMatchObject({ job: { state: "done" } });
  });

  test("a host that does not let go of its file is being released, and said so", async () => {
    using desk = await deskWithAnt();
    desk.ant.stuck = true;
    expect(await desk.call("unlock", { workspace: "w", pool: true })).toMatchObject({
      hosts: [{ state: "error", message: expect.stringContaining("read-only file system") }],
    });
    expect(desk.services.arbiter.view().claims).toMatchObject([{ host: "ant", state: "releasing" }]);
  });

  test("somebody else's needs --force, is written down, and leaves the host without protection", async () => {
    using desk = await deskWithAnt();
    desk.ant.lockedBy("bob", "pool");
    expect(await desk.call("unlock", { workspace: "w", pool: true })).toMatchObject({
      hosts: [{ state: "foreign", message: expect.stringContaining("--force") }],
    });
    expect(await desk.call("unlock", { workspace: "w", pool: true, force: true })).toMatchObject({
      hosts: [{ state: "released", message: expect.stringContaining("remove-host -w w -t ant") }],
    });
    expect(forced(desk)).toMatchObject([
      { workspace: "w", host: "ant", data: { kind: "pool", user: "bob", age: 60, by: "mtuictl" } },
    ]);
    expect(
      desk.logged.filter((line) => line.startsWith("warn ant: the pool lock was removed by force")),
    ).toHaveLength(1);
  });
});

describe("unlock", () => {
  test("--force removes another person's operation lock and says whose it was", async () => {
    using desk = await deskWithAnt();
    desk.ant.lockedBy("bob", "operation");
    expect(await desk.call("unlock", { workspace: "w", force: true })).toMatchObject({
      hosts: [{ state: "released", was: "locked by bob for 60 s" }],
    });
    expect(desk.ant.files.operation).toBeNull();
    expect(forced(desk)).toMatchObject([{ host: "ant", text: expect.stringContaining("locked by bob") }]);
  });

  test("one's own lock by hand is nobody's loss", async () => {
    using desk = await deskWithAnt();
    await desk.call("lock", { workspace: "w" });
    expect(await desk.call("unlock", { workspace: "w" })).toMatchObject({ hosts: [{ state: "released" }] });
    expect(forced(desk)).toEqual([]);
  });

  test("--force leaves a lock under which a command is at work", async () => {
    using desk = await deskWithAnt();
    desk.ant.lockedBy("bob", "operation");
    desk.ant.fenced = true;
    expect(await desk.call("unlock", { workspace: "w", force: true })).toMatchObject({
      hosts: [{ state: "error", kind: "host.busy", message: expect.stringContaining("still at work") }],
    });
    expect(desk.ant.files.operation).not.toBeNull();
    expect(forced(desk)).toEqual([]);
  });

  test("--force does not take the lock from under a job of ours, between two commands neither", async () => {
    using desk = await deskWithAnt();
    const { running, end } = runUntil(desk);
    await settle();
    expect(await desk.call("unlock", { workspace: "w", force: true })).toMatchObject({
      hosts: [{ state: "error", kind: "workspace.busy" }],
    });
    expect(desk.ant.files.operation).not.toBeNull();
    end();
    expect(await running).toMatchObject({ job: { state: "done" } });
  });
});

describe("list_locks", () => {
  test("whose each lock is, as its comment says", async () => {
    using desk = await deskWithAnt();
    const host = desk.services.workspaces.find("w")?.hosts.get("ant");
    if (host === undefined) throw new Error("not there");
    const other = "mtui pool SUSE:Maintenance:1:2 [desk] d=ff n=1";
    const legacy = "mtui pool SUSE:Maintenance:1:2 [SUSE:Maintenance:1:2]";
    const record = (user: string, comment: string) => ({ epoch: 1, user, pid: 1, comment });
    const foreign = { state: "foreign" as const, bytes: "", ageSeconds: 90_000, stale: true };
    const comments: [string, string][] = [
      ["bob+mtuid", other],
      ["bob", legacy],
      // Not an mtuid's, whatever it looks like.
      ["bob", other],
    ];
    const seen = [];
    for (const [user, comment] of comments) {
      host.session.readLock = async () => ({ ...foreign, record: record(user, comment) });
      seen.push((await desk.call("list_locks", { workspace: "w", pool: true })).locks[0]);
    }
    expect(seen).toMatchObject([
      { daemon: "other", workspace: "desk", rrid: "SUSE:Maintenance:1:2", stale: true, age: 90_000 },
      { daemon: null, workspace: null, rrid: "SUSE:Maintenance:1:2" },
      { daemon: null, workspace: null, rrid: "SUSE:Maintenance:1:2" },
    ]);
  });
});
