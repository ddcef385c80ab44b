import { describe, expect, test } from "vitest";
import { shutDown } from "../../../packages/daemon/src/workspaces/shutdown.ts";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

describe("the end of the daemon", () => {
  test("what waits behind a job does not begin when the job is ended", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    const hang = Promise.withResolvers<void>();
    ant.gates.command = () => hang.promise;
    await desk.call("run", { workspace: "w", command: ["true"], background: true });
    const removing = desk.call("remove_host", { workspace: "w" });
    await settle();
    const ending = shutDown(desk.services, "nothing");
    hang.resolve();
    await expect(removing).rejects.toMatchObject({ kind: "workspace.closed" });
    expect(await ending).toMatchObject({ released: ["ant"], unreleased: [], stuckJobs: [] });
    expect(ant).toMatchObject({ files: { operation: null, pool: null }, open: 0 });
  });

  test("ends claims on their way, and leaves nothing on the hosts that they had got to", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const [ant, bee] = [desk.pool.machine("ant"), desk.pool.machine("bee")];
    const hang = Promise.withResolvers<void>();
    bee.gates.connect = () => hang.promise;
    const adding = { workspace: "w", target: ["ant", "bee"], background: true };
    const { job } = await desk.call("add_host", adding);
    await settle();
    expect(ant.files.pool).not.toBeNull();
    const ending = shutDown(desk.services);
    hang.resolve();
    expect(await ending).toMatchObject({
      cancelledJobs: [],
      suspendedJobs: [job.id],
      stuckJobs: [],
      unreleased: [],
    });
    for (const machine of [ant, bee]) expect(machine).toMatchObject({ files: { pool: null }, open: 0 });
  });

  test("names a host whose lock could not be removed, also one that was tried before", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    for (const machine of desk.pool.machines.values()) machine.stuck = true;
    await desk.call("remove_host", { workspace: "w", hosts: ["ant"] });
    const { unreleased } = await shutDown(desk.services);
    expect(unreleased.map(({ host }) => host).toSorted()).toEqual(["ant", "bee"]);
    for (const { reason } of unreleased) expect(reason).toMatch(/read-only file system/);
  });
});
