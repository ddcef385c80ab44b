import { describe, expect, test } from "vitest";
import { acquireHosts } from "../../../packages/daemon/src/workspaces/acquire.ts";
import { reconnect } from "../../../packages/daemon/src/workspaces/reconnect.ts";
import type { WorkspaceHost } from "../../../packages/daemon/src/workspaces/workspace-host.ts";
import { type Desk, openDesk, PERSON } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const ANY = { product: "", version: "", arch: "", addons: [] };

/** Claimed hosts whose connections broke. */
async function lostHosts(desk: Desk, ...names: string[]): Promise<WorkspaceHost[]> {
  const hosts = await acquireHosts(desk.services, {
    workspace: desk.services.workspaces.open("w", PERSON),
    job: null,
    slots: names.map((name) => ({ slot: ANY, candidates: [{ name, row: null }] })),
    wait: { own: 0, foreign: 0 },
    partial: false,
    refuseOperationLocks: true,
    signal: new AbortController().signal,
    onTicket: () => undefined,
  });
  for (const session of desk.pool.sessions) session.breakLink();
  return hosts;
}

function again(desk: Desk, hosts: readonly WorkspaceHost[]): Promise<void> {
  const { signal } = new AbortController();
  return reconnect(hosts, { connector: desk.pool, signal, workspace: "w", rrid: null });
}

describe("opening a lost connection again", () => {
  test("goes on under the lock that is still ours", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const hosts = await lostHosts(desk, "ant");
    const { poolLock } = hosts[0] as WorkspaceHost;
    await again(desk, hosts);
    expect(hosts[0]).toMatchObject({ poolLock, session: { connected: true } });
    expect(desk.pool.machine("ant").open).toBe(1);
  });

  test("puts back a pool lock that a reboot wiped", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const hosts = await lostHosts(desk, "ant");
    desk.pool.machine("ant").files.pool = null;
    await again(desk, hosts);
    expect(desk.pool.machine("ant").files.pool?.bytes).toBe(hosts[0]?.poolLock.bytes);
  });

  test("is refused when somebody took the host meanwhile, and leaves no connection", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const hosts = await lostHosts(desk, "ant");
    desk.pool.machine("ant").lockedBy("bob");
    await expect(again(desk, hosts)).rejects.toMatchObject({ kind: "lock.lost", data: { host: "ant" } });
    expect(desk.pool.machine("ant").open).toBe(1);
    expect(hosts[0]?.session.connected).toBe(false);
  });

  test("is refused when somebody is faster than the putting back", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const hosts = await lostHosts(desk, "ant");
    const ant = desk.pool.machine("ant");
    ant.files.pool = null;
    ant.gates.lock = async () => void ant.lockedBy("bob");
    await expect(again(desk, hosts)).rejects.toMatchObject({ kind: "lock.lost" });
    expect(hosts[0]?.session.connected).toBe(false);
  });

  test("a lock that cannot be read is no answer: the host stays as it is", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const hosts = await lostHosts(desk, "ant");
    desk.pool.machine("ant").unreadable = true;
    await again(desk, hosts);
    expect(hosts[0]?.session.connected).toBe(false);
    expect(desk.pool.machine("ant").open).toBe(1);
  });

  test("waits for all hosts before it says that one is lost, so that no connection comes after the release", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const hosts = await lostHosts(desk, "ant", "bee");
    desk.pool.machine("ant").lockedBy("bob");
    const bee = desk.pool.machine("bee");
    const slow = Promise.withResolvers<void>();
    bee.gates.connect = () => slow.promise;
    let over = false;
    const ended = again(desk, hosts)
      .catch(() => undefined)
      .then(() => {
        over = true;
      });
    await settle();
    expect(over).toBe(false);
    slow.resolve();
    await ended;
    await Promise.all(hosts.map((host) => desk.services.releaser.release(host)));
    await settle();
    expect(bee).toMatchObject({ files: { pool: null }, open: 0 });
  });
});
