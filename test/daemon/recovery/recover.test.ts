import type { JobView } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const job = (desk: Desk, id: string): Promise<JobView> => desk.call("job_status", { job_id: id });
const forever = (): Promise<void> => new Promise(() => {});

async function background(desk: Desk, name: "add_host" | "run", params: object): Promise<string> {
  const reply = await desk.call(name, { ...params, background: true });
  return reply.job.id;
}

describe("the next life of a daemon that died", () => {
  test("has the desks, their reports and their hosts, under the same claims and locks", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const rrid = desk.template(7);
    await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    const { bytes } = ant.files.pool ?? {};
    const [claim] = desk.services.arbiter.claimsOf("w");

    const next = await desk.nextLife();
    expect(next.services.workspaces.find("w")).toMatchObject({ rridText: rrid });
    expect(next.services.arbiter.claimsOf("w").map(({ id }) => id)).toEqual([claim?.id]);
    await settle();
    const { hosts } = await next.call("list_hosts", { workspace: "w" });
    expect(hosts).toMatchObject([{ host: "ant", connected: true }]);
    expect(ant.files.pool?.bytes).toBe(bytes);
    await next.call("run", { workspace: "w", command: ["true"] });
    expect(ant.commands).toContain("true");
    await next.call("close_workspace", { workspace: "w" });
    expect(ant.files).toEqual({ operation: null, pool: null });

    const third = await next.nextLife();
    expect(third.services.workspaces.list()).toEqual([]);
    expect(third.services.arbiter.view()).toMatchObject({ claims: [], tickets: [] });
  });

  test("grants in the old order, whoever asks again first, and newcomers last", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "holder", target: ["ant"] });
    const ids: string[] = [];
    for (const workspace of ["one", "two", "three"]) {
      ids.push(await background(desk, "add_host", { workspace, target: ["ant"], wait: 600 }));
      await settle();
    }
    const before = desk.services.arbiter.view().tickets.map(({ id, position }) => [id, position]);

    const next = await desk.nextLife();
    const newcomer = await background(next, "add_host", { workspace: "four", target: ["ant"], wait: 600 });
    await settle();
    const after = next.services.arbiter.view().tickets;
    expect(after.slice(0, 3).map(({ id, position }) => [id, position])).toEqual(before);
    expect(after.map(({ job: id }) => id)).toEqual([...ids, newcomer]);
    for (const workspace of ["holder", "one", "two"]) {
      await next.call("close_workspace", { workspace });
      await settle();
    }
    expect(await Promise.all(ids.map(async (id) => (await job(next, id)).state))).toEqual([
      "done",
      "done",
      "done",
    ]);
    expect(await job(next, newcomer)).toMatchObject({ state: "waiting" });
  });

  test("waits no longer than was asked for, the time before the death included", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "holder", target: ["ant"] });
    const id = await background(desk, "add_host", { workspace: "w", target: ["ant"], wait: 600 });
    await desk.clock.advance(400_000);
    const next = await desk.nextLife();
    await next.clock.advance(199_000);
    expect(await job(next, id)).toMatchObject({ state: "waiting" });
    await next.clock.advance(2_000);
    expect(await job(next, id)).toMatchObject({ state: "failed", error: { kind: "wait.timeout" } });
  });

  test("a job at work goes on, and the one behind it begins when it has ended", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    const hang = Promise.withResolvers<void>();
    ant.gates.command = () => hang.promise;
    const running = await background(desk, "run", { workspace: "w", command: ["first"] });
    const queued = await background(desk, "run", { workspace: "w", command: ["second"] });
    await settle();
    expect(ant.files.operation).not.toBeNull();

    const next = await desk.nextLife();
    await settle();
    expect(await job(next, running)).toMatchObject({ state: "running" });
    expect(await job(next, queued)).toMatchObject({ state: "queued" });
    delete ant.gates.command;
    hang.resolve();
    await next.services.jobs.get(queued).ended;
    for (const id of [running, queued]) expect(await job(next, id)).toMatchObject({ state: "done" });
    expect(ant.commands).toEqual(["first", "second"]);
    expect(ant.files.operation).toBeNull();
  });

  test("gives back what was being taken, then takes it again", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const bee = desk.pool.machine("bee");
    bee.gates.connect = forever;
    const id = await background(desk, "add_host", { workspace: "w", target: ["ant", "bee"] });
    await settle();
    const former = desk.pool.machine("ant").files.pool?.bytes;
    expect(former).toBeDefined();

    delete bee.gates.connect;
    const next = await desk.nextLife();
    await next.clock.advance(120_000);
    expect(await job(next, id)).toMatchObject({ state: "done" });
    expect(desk.pool.machine("ant").files.pool?.bytes).not.toBe(former);
    expect(next.services.arbiter.claimsOf("w")).toHaveLength(2);
  });

  test("a host that could not be released before is still tried, and granted to nobody meanwhile", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    ant.stuck = true;
    await desk.call("remove_host", { workspace: "w", hosts: ["ant"] });
    const next = await desk.nextLife();
    expect(next.services.arbiter.view().claims).toMatchObject([{ host: "ant", state: "releasing" }]);
    await expect(next.call("add_host", { workspace: "v", target: ["ant"], wait: 0 })).rejects.toMatchObject({
      kind: "host.busy",
    });
    ant.stuck = false;
    await next.clock.advance(60_000);
    expect(ant.files.pool).toBeNull();
    expect(next.services.arbiter.view().claims).toEqual([]);
  });

  test("a host that somebody else has taken is theirs, and the desk is told", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant").lockedBy("bob");
    const next = await desk.nextLife();
    await next.clock.advance(5_000);
    expect(ant.files.pool?.user).toBe("bob");
    expect(next.services.workspaces.find("w")?.hosts.size).toBe(0);
    expect(next.services.arbiter.view().claims).toEqual([]);
    expect(next.services.events.read(0).events.map(({ type }) => type)).toContain("lock.lost");
  });

  test("a lock by hand outlives the daemon, and its desk's operations", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("lock", { workspace: "w", comment: ["mine"] });
    const ant = desk.pool.machine("ant");
    const { bytes } = ant.files.operation ?? {};
    const next = await desk.nextLife();
    await settle();
    await next.call("run", { workspace: "w", command: ["true"] });
    expect(ant.files.operation?.bytes).toBe(bytes);
    await next.call("unlock", { workspace: "w" });
    const third = await next.nextLife();
    await settle();
    await third.call("run", { workspace: "w", command: ["true"] });
    expect(ant.files.operation).toBeNull();
  });

  test("what a dead daemon's last script makes after the first look goes, too", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const bee = desk.pool.machine("bee");
    bee.gates.connect = forever;
    void desk.call("add_host", { workspace: "v", target: ["bee"], background: true });
    await settle();
    delete bee.gates.connect;
    const next = await desk.nextLife();
    await next.call("close_workspace", { workspace: "v", force: true });
    const late = (file: string): { bytes: string; user: string } => ({
      bytes: `1:me+mtuid:1:mtui ${file} - [w] d=0123456789ab n=00000000000000000000ffff`,
      user: "me+mtuid",
    });
    await next.clock.advance(5_000);
    desk.pool.machine("ant").files.operation = late("run");
    bee.files.pool = late("pool");
    await next.clock.advance(20_000);
    expect(desk.pool.machine("ant").files.operation).toBeNull();
    expect(bee.files.pool).toBeNull();
    expect(next.services.arbiter.view().claims.map(({ host }) => host)).toEqual(["ant"]);
  });

  test("ids go on where they were", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const first = desk.services.arbiter.view().claims[0]?.id;
    await desk.call("close_workspace", { workspace: "w" });
    const next = await desk.nextLife();
    const again = await next.call("add_host", { workspace: "w", target: ["ant"] });
    expect(again.job.id).toBe("add_host-2");
    expect(next.services.arbiter.view().claims[0]?.id).not.toBe(first);
    expect(await job(next, "add_host-1")).toMatchObject({ state: "done" });
  });
});
