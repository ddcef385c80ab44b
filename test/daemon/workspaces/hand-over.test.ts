import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { HandOverLab } from "../support/hand-over-lab.ts";

afterEach(() => void vi.useRealTimers());

/** Round trips from the release by one workspace to the claim of the next, which waits for it. */
async function handOver(lab: HandOverLab): Promise<number> {
  const first = await lab.take("one");
  const next = lab.take("two");
  await new Promise((resolve) => setTimeout(resolve));
  const before = lab.wire.trips;
  await lab.releaser.release(first);
  const second = await next;
  expect(lab.poolLock).toBe(second.poolLock.bytes);
  expect(second.session.connected).toBe(true);
  return lab.wire.trips - before;
}

/** A workspace had the host and gave it back. */
async function left(lab: HandOverLab): Promise<void> {
  await lab.releaser.release(await lab.take("one"));
  expect(lab.wire).toMatchObject({ dials: 1, open: 1 });
  expect(lab.files).toEqual([]);
}

describe("from the release to the next claim", () => {
  test("it takes two round trips, and no new connection", async () => {
    await using lab = new HandOverLab();
    expect(await handOver(lab)).toBe(2);
    expect(lab.wire.dials).toBe(1);
  });

  test("without kept connections it takes many more", async () => {
    await using lab = new HandOverLab({ parking: { places: 0, ms: 30_000 } });
    expect(await handOver(lab)).toBeGreaterThan(6);
    expect(lab.wire.dials).toBe(2);
  });

  test("a person's operation lock is one more: it goes before the host is anybody's", async () => {
    await using lab = new HandOverLab();
    const first = await lab.take("one");
    const purpose = { operation: "lock", rrid: null, workspace: "one" };
    expect(await first.session.takeLock("operation", purpose)).toMatchObject({ state: "taken" });
    const next = lab.take("two");
    const before = lab.wire.trips;
    await lab.releaser.release(first);
    await next;
    expect(lab.wire.trips - before).toBe(3);
    expect(lab.files).toContain("mtui-pool.lock");
    expect(lab.files).not.toContain("mtui.lock");
  });

  test("who had the host can do nothing there any more", async () => {
    await using lab = new HandOverLab();
    const first = await lab.take("one");
    await lab.releaser.release(first);
    const second = await lab.take("two");
    expect(await first.session.readLock("pool")).toMatchObject({ state: "unreadable" });
    expect(await first.session.query("true")).toMatchObject({ state: "unreachable" });
    expect(await first.session.releaseLock(second.poolLock)).toMatchObject({ state: "error" });
    await first.session.close();
    expect(second.session.connected).toBe(true);
    expect(lab.poolLock).toBe(second.poolLock.bytes);
  });

  test("no private file stays", async () => {
    await using lab = new HandOverLab();
    await lab.releaser.release(await lab.take("one"));
    const second = await lab.take("two");
    await lab.clock.advance(1_000);
    await second.session.readLock("pool");
    expect(lab.files).toEqual(["mtui-pool.lock"]);
    await lab.releaser.release(second);
    expect(lab.files).toEqual([]);
  });
});

describe("the next owner knows the host as it is", () => {
  test("products are read anew", async () => {
    await using lab = new HandOverLab();
    const products = join(lab.dir, "products.d");
    const product = (level: number): void =>
      writeFileSync(
        join(products, "SLES.prod"),
        `<product><name>SLES</name><baseversion>15</baseversion><patchlevel>${level}</patchlevel><arch>x86_64</arch></product>`,
      );
    mkdirSync(products);
    product(6);
    lab.wire.meddle = (script) =>
      script
        .replace("P=/etc/products.d", `P=${products}`)
        .replace('"$(readlink $P/baseproduct)"', "SLES.prod")
        .replace("[ -L $P/baseproduct ]", "true");
    const first = await lab.take("one");
    expect(first.session.facts.base.version).toBe("15-SP6");
    await lab.releaser.release(first);
    product(7);
    const second = await lab.take("two");
    expect(second.session.facts.base.version).toBe("15-SP7");
    expect(lab.wire.dials).toBe(1);
  });

  test("a host that became unfit meanwhile is given back, with its own error", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    lab.wire.meddle = (script) => script.replace("command -v flock", "false");
    await expect(lab.take("two")).rejects.toMatchObject({ kind: "host.unsupported" });
    expect(lab.files).toEqual([]);
    expect(lab.wire.open).toBe(0);
    expect(lab.arbiter.view()).toMatchObject({ claims: [], tickets: [] });
  });

  test("a clock that was set meanwhile is in the lock's time", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    lab.wire.meddle = (script) => script.replace('"$(date +%s)"', "2000000000");
    const second = await lab.take("two");
    expect(lab.poolLock).toMatch(/^2000000000:/);
    expect(await second.session.releaseLock(second.poolLock)).toEqual({ state: "released" });
  });

  test("a stranger's pool lock is seen, and nothing of ours stays", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    writeFileSync(join(lab.dir, "mtui-pool.lock"), `${Math.floor(Date.now() / 1000)}:bob:7`);
    await expect(lab.take("two")).rejects.toMatchObject({ kind: "host.busy" });
    expect(lab.files).toEqual(["mtui-pool.lock"]);
    expect(lab.wire.open).toBe(0);
  });
});

describe("a kept connection that is dead", () => {
  test("and known to be is not used", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    lab.wire.cut();
    const second = await lab.take("two");
    expect(lab.wire).toMatchObject({ dials: 2, open: 1 });
    expect(lab.poolLock).toBe(second.poolLock.bytes);
  });

  test("and breaks under the first step costs a new connection and no error", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    lab.wire.onRequest = () => {
      lab.wire.onRequest = () => undefined;
      lab.wire.cut();
    };
    const second = await lab.take("two");
    expect(lab.wire).toMatchObject({ dials: 2, open: 1 });
    expect(lab.poolLock).toBe(second.poolLock.bytes);
    expect(lab.arbiter.view()).toMatchObject({ claims: [{ workspace: "two", state: "claimed" }] });
  });

  test("and says nothing is given up after five seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await using lab = new HandOverLab();
    await left(lab);
    lab.wire.frozen = true;
    const taking = lab.take("two");
    // The look, the pool lock, the operation lock.
    while (lab.wire.swallowed < 3) await new Promise((resolve) => setImmediate(resolve));
    lab.wire.frozen = false;
    await vi.advanceTimersByTimeAsync(5_000);
    const second = await taking;
    expect(lab.wire).toMatchObject({ dials: 2, open: 1 });
    expect(lab.poolLock).toBe(second.poolLock.bytes);
  });

  /** The host takes the lock, and its answer never comes. */
  function losesTheAnswer(lab: HandOverLab): void {
    lab.wire.meddle = (script) => {
      if (!script.includes("mtui_take")) return script;
      lab.wire.meddle = (each) => each;
      queueMicrotask(() => lab.wire.cut());
      return script;
    };
    // The look that is on its way before it is not answered either.
    lab.wire.hold = true;
  }

  test("after it took the lock: the new connection replaces what was left", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    losesTheAnswer(lab);
    const second = await lab.take("two");
    await lab.clock.advance(1_000);
    await second.session.readLock("pool");
    expect(lab.wire.dials).toBe(2);
    expect(lab.poolLock).toBe(second.poolLock.bytes);
    expect(lab.files).toEqual(["mtui-pool.lock"]);
  });

  test("after it took the lock, and no other connects: the host is had by nobody until the lock is gone", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    losesTheAnswer(lab);
    lab.wire.refuses = true;
    await expect(lab.take("two")).rejects.toMatchObject({ kind: "host.unreachable" });
    expect(lab.poolLock).not.toBeNull();
    expect(lab.arbiter.view()).toMatchObject({ claims: [{ state: "releasing" }] });
    lab.wire.refuses = false;
    await lab.clock.advance(2_000);
    await vi.waitFor(() => expect(lab.arbiter.view()).toMatchObject({ claims: [] }));
    expect(lab.files).toEqual([]);
  });
});

describe("a request that is given up while its host says nothing of the lock any more", () => {
  test.each([
    ["on a new connection", async () => undefined],
    ["on one that was kept", left],
  ])("%s: it ends, and the host is had by nobody until the lock is gone", async (_words, before) => {
    await using lab = new HandOverLab();
    await before(lab);
    const stop = new AbortController();
    const written = Promise.withResolvers<void>();
    lab.wire.onRequest = (script) => {
      if (!script.includes("mtui_take")) return;
      lab.wire.hold = true;
      lab.wire.onRequest = () => undefined;
      written.resolve();
    };
    const taking = expect(lab.take("two", { signal: stop.signal })).rejects.toMatchObject({
      kind: "request.cancelled",
    });
    await written.promise;
    stop.abort();
    await lab.clock.advance(2_000);
    await taking;
    lab.wire.hold = false;
    await vi.waitFor(() =>
      expect(lab.arbiter.view()).toMatchObject({ claims: [{ state: "releasing" }], tickets: [] }),
    );
    expect(lab.poolLock).not.toBeNull();
    await lab.clock.advance(10_000);
    await vi.waitFor(() => expect(lab.arbiter.view()).toMatchObject({ claims: [] }));
    expect(lab.files).toEqual([]);
  });

  test("a releaser that was stopped does not begin to try again", async () => {
    await using lab = new HandOverLab();
    const first = await lab.take("one");
    lab.wire.cut();
    lab.wire.refuses = true;
    lab.releaser.stop();
    expect(await lab.releaser.release(first)).toMatchObject({ reason: expect.stringContaining("lock") });
    expect(lab.releaser.unreleased).toMatchObject([{ host: "ant" }]);
    // The first further try would be at once, since the host was not asked.
    expect(lab.clock.next).not.toBe(lab.clock.now());
  });
});

describe("a connection is not kept", () => {
  test("longer than its time", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    await lab.clock.advance(29_999);
    expect(lab.wire.open).toBe(1);
    await lab.clock.advance(1);
    expect(lab.wire.open).toBe(0);
    await lab.take("two");
    expect(lab.wire.dials).toBe(2);
  });

  test("when there are too many: the oldest goes", async () => {
    await using lab = new HandOverLab({ parking: { places: 2, ms: 30_000 } });
    for (const host of ["ant", "bee", "cat"]) await lab.releaser.release(await lab.take("one", { host }));
    expect(lab.wire.open).toBe(2);
    expect(lab.wire.transports.map(({ connected }) => connected)).toEqual([false, true, true]);
    for (const host of ["bee", "cat"]) await lab.releaser.release(await lab.take("two", { host }));
    expect(lab.wire.dials).toBe(3);
  });

  test("beyond the end of the daemon", async () => {
    const lab = new HandOverLab();
    await left(lab);
    const second = await lab.take("two", { host: "bee" });
    await lab.connector[Symbol.asyncDispose]();
    expect(lab.wire.open).toBe(1);
    await lab.releaser.release(second);
    expect(lab.wire.open).toBe(0);
    await lab[Symbol.asyncDispose]();
  });

  test("when the release failed", async () => {
    await using lab = new HandOverLab();
    const first = await lab.take("one");
    lab.wire.meddle = (script) => `rm() { return 1; }\n${script}`;
    expect(await lab.releaser.release(first)).toMatchObject({ reason: expect.stringContaining("remove") });
    expect(lab.wire.open).toBe(0);
    expect(lab.arbiter.view()).toMatchObject({ claims: [{ state: "releasing" }] });
  });

  test("while a lock is held on it", async () => {
    await using lab = new HandOverLab();
    const { session } = await lab.take("one");
    await session.close({ keep: true });
    expect(lab.wire.open).toBe(0);
    expect(lab.poolLock).not.toBeNull();
  });

  test("of a host that the last look found unfit", async () => {
    await using lab = new HandOverLab();
    const inspect = async () => ({ kind: "dirty", reason: "a left repository" }) as const;
    await expect(lab.take("one", { inspect, wait: { own: 0, foreign: 0 } })).rejects.toThrow();
    expect(lab.wire.open).toBe(0);
  });

  test("when a new one would go another way", async () => {
    await using lab = new HandOverLab();
    await left(lab);
    lab.configure("Host ant\n  User tester\n");
    const second = await lab.take("two");
    expect(lab.wire).toMatchObject({ dials: 2, open: 1 });
    expect(second.session.connected).toBe(true);
  });

  test("with a lock: another daemon takes the host at once, and we see that", async () => {
    await using lab = new HandOverLab();
    await using other = new HandOverLab({ dir: lab.dir, daemonId: "d2" });
    await left(lab);
    const theirs = await other.take("theirs");
    await expect(lab.take("two")).rejects.toMatchObject({ kind: "host.busy" });
    expect(lab.poolLock).toBe(theirs.poolLock.bytes);
  });
});
