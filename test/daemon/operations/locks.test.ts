import { describe, expect, test } from "vitest";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

describe("lock and unlock by hand", () => {
  test("a lock that was renewed meanwhile is still one's own", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("lock", { workspace: "w" });
    const host = desk.services.workspaces.find("w")?.hosts.get("ant");
    if (host?.byHand === undefined) throw new Error("not locked");
    await host.session.restampLock(host.byHand);
    const { hosts } = await desk.call("unlock", { workspace: "w" });
    expect(hosts).toMatchObject([{ host: "ant", state: "released" }]);
    expect(desk.pool.machine("ant").files.operation).toBeNull();
  });

  test("one host that cannot be locked leaves the others unlocked, and says why", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    desk.pool.machine("bee").reachable = false;
    await expect(desk.call("lock", { workspace: "w" })).rejects.toMatchObject({
      kind: "host.unreachable",
      message: expect.stringMatching(/^bee .*No answer from bee/),
    });
    expect(desk.pool.machine("ant").files.operation).toBeNull();
  });

  test("an operation's lock is not taken away under it, except by force", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    const hang = Promise.withResolvers<void>();
    ant.gates.command = () => hang.promise;
    const running = desk.call("run", { workspace: "w", command: ["true"] });
    await settle();
    expect(await desk.call("unlock", { workspace: "w" })).toMatchObject({
      hosts: [{ state: "foreign", message: "an operation of ours holds it right now" }],
    });
    expect(ant.files.operation).not.toBeNull();
    hang.resolve();
    expect(await running).toMatchObject({ job: { state: "done" } });
    expect(ant.files.operation).toBeNull();
  });

  test("removing a host waits for the job that works on it", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    const hang = Promise.withResolvers<void>();
    ant.gates.command = () => hang.promise;
    const running = desk.call("run", { workspace: "w", command: ["true"] });
    const removing = desk.call("remove_host", { workspace: "w", hosts: ["ant"] });
    await settle();
    expect(ant.files.pool).not.toBeNull();
    hang.resolve();
    expect(await running).toMatchObject({ job: { state: "done" } });
    expect(await removing).toMatchObject({ released: ["ant"], unreleased: [] });
    expect(ant).toMatchObject({ files: { pool: null, operation: null }, open: 0 });
  });
});
