import { describe, expect, test } from "vitest";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

describe("list_refhosts --free", () => {
  test("says who has a host, since when, and whether the lock is stale", async () => {
    using desk = openDesk({ hosts: ["ant", "bee", "cat", "dog"] });
    desk.pool.machine("ant").lockedBy("bob").lockedBy("eve", "operation").stale = true;
    desk.pool.machine("bee").lockedBy("bob");
    desk.pool.machine("dog").reachable = false;
    const { hosts } = await desk.call("list_refhosts", { free: true });
    expect(hosts).toMatchObject([
      {
        name: "ant",
        lock: "locked",
        lock_text: expect.stringMatching(
          /^locked by eve for 60 s.*, stale; locked by bob for 60 s.*, stale$/,
        ),
        locks: [
          { kind: "operation", user: "eve", since: 1, age: 60, stale: true },
          { kind: "pool", user: "bob", since: 1, age: 60, stale: true },
        ],
      },
      { name: "bee", lock: "pool-locked", locks: [{ kind: "pool", user: "bob", stale: false }] },
      { name: "cat", lock: "free", locks: [] },
      { name: "dog", lock: "unreachable", lock_text: "No answer from dog." },
    ]);
    expect(hosts[3]?.locks).toBeUndefined();
    expect(desk.pool.machine("ant").files).toMatchObject({
      operation: { user: "eve" },
      pool: { user: "bob" },
    });
  });

  test("knows the hosts of its own workspaces without asking them, by whatever name", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    desk.pool.aliases.set("bee", "ant");
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const open = desk.pool.machine("ant").open;
    const { hosts } = await desk.call("list_refhosts", { free: true });
    for (const host of hosts) {
      expect(host).toMatchObject({
        lock: "held",
        lock_text: expect.stringMatching(/^by workspace w since 20.*Z$/),
        held: { workspace: "w", rrid: null, since: desk.clock.now() },
      });
    }
    expect(desk.pool.probed).toEqual([]);
    expect(desk.pool.machine("ant").open).toBe(open);
  });

  test("is one answer: it ends when its caller gives up", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("bee").gates.connect = () => hang.promise;
    const abort = new AbortController();
    const listing = desk.call("list_refhosts", { free: true }, { signal: abort.signal });
    await settle();
    abort.abort(new Error("gone"));
    hang.resolve();
    await expect(listing).rejects.toThrow("gone");
  });

  test("a name that ssh_config cannot make sense of is unreachable, with the reason", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    desk.pool.strange.add("ant");
    const { hosts } = await desk.call("list_refhosts", { free: true });
    expect(hosts).toMatchObject([
      { name: "ant", lock: "unreachable", lock_text: "ant cannot be resolved." },
      { name: "bee", lock: "free" },
    ]);
  });

  test("without it no host is asked", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { hosts } = await desk.call("list_refhosts");
    expect(hosts[0]).not.toHaveProperty("lock");
    expect(desk.pool.probed).toEqual([]);
  });
});
