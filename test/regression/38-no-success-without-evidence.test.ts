import { describe, expect, test } from "vitest";
import { openDesk } from "../daemon/support/desk.ts";

describe("every host says what was done on it, or that nothing was", () => {
  test.each([
    ["install", { package: ["frob"] }],
    ["uninstall", { package: ["frob"] }],
    ["run", { command: ["true"] }],
  ] as const)("%s runs a command on each host, and says which", async (operation, params) => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    const { job, result } = await desk.call(operation, { workspace: "w", ...params });
    for (const [index, host] of ["ant", "bee"].entries()) {
      const ran = desk.pool.machine(host).commands;
      expect(ran.length).toBeGreaterThan(0);
      expect(result?.hosts[index]?.commands.length).toBeGreaterThan(0);
    }
    expect(Object.keys(job.hosts).toSorted()).toEqual(["ant", "bee"]);
  });

  test("a host that cannot be reached is not covered by what the other one did", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    desk.pool.machine("bee").reachable = false;
    const { job, result } = await desk.call("run", { workspace: "w", command: ["true"] });
    expect(job.state).toBe("failed");
    expect(result?.hosts.map(({ host, state }) => [host, state])).toEqual([
      ["ant", "ok"],
      ["bee", "unreachable"],
    ]);
    expect(result?.hosts[1]?.commands).toEqual([]);
  });

  test("one locked host: nothing runs on any, and the lock that was taken is given back", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    desk.pool.machine("bee").lockedBy("bob", "operation");
    await expect(desk.call("run", { workspace: "w", command: ["true"] })).rejects.toMatchObject({
      kind: "lock.foreign",
      message: expect.stringContaining("bob"),
    });
    for (const machine of desk.pool.machines.values()) expect(machine.commands).toEqual([]);
    expect(desk.pool.machine("ant").files.operation).toBeNull();
    expect(desk.pool.machine("bee").files.operation?.user).toBe("bob");
  });
});
