import { describe, expect, test } from "vitest";
import { acquireHosts, type AcquireRequest } from "../../../packages/daemon/src/workspaces/acquire.ts";
import { type Desk, openDesk, PERSON } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const ANY = { product: "", version: "", arch: "", addons: [] };

function wish(desk: Desk, name: string, over: Partial<AcquireRequest> = {}): AcquireRequest {
  return {
    workspace: desk.services.workspaces.open(name, PERSON),
    job: null,
    slots: [{ slot: ANY, candidates: [{ name: "ant", row: null }] }],
    wait: { own: 0, foreign: 0 },
    partial: false,
    refuseOperationLocks: true,
    signal: new AbortController().signal,
    onTicket: () => undefined,
    ...over,
  };
}

function holdOf(desk: Desk, host: string): string | null {
  return desk.services.arbiter.view().claims.find((each) => each.host === host)?.state ?? null;
}

const two = ["ant", "bee"].map((name) => ({ slot: ANY, candidates: [{ name, row: null }] }));

describe("hosts that a request does not get after all", () => {
  test("leave nothing behind: no lock, no connection, no claim", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    desk.pool.machine("bee").lockedBy("bob");
    await expect(acquireHosts(desk.services, wish(desk, "w", { slots: two }))).rejects.toMatchObject({
      kind: "host.busy",
    });
    expect(desk.pool.machine("ant")).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.arbiter.ownerOf("ant:22")).toBeNull();
  });

  test("stay 'releasing' while the pool lock cannot be removed, and are freed when it can", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    desk.pool.machine("bee").lockedBy("bob");
    const ant = desk.pool.machine("ant");
    ant.stuck = true;
    await expect(acquireHosts(desk.services, wish(desk, "w", { slots: two }))).rejects.toThrow();
    expect(ant.files.pool).not.toBeNull();
    expect(holdOf(desk, "ant")).toBe("releasing");
    expect(desk.services.releaser.unreleased.map(({ host }) => host)).toEqual(["ant"]);
    ant.stuck = false;
    await desk.clock.advance(5_000);
    expect(ant).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.arbiter.ownerOf("ant:22")).toBeNull();
    expect(desk.services.releaser.unreleased).toEqual([]);
  });

  test("stay 'releasing' too when the grant came too late and cannot be undone", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const ant = desk.pool.machine("ant");
    const abort = new AbortController();
    const inspect = async () => {
      abort.abort();
      await settle();
      ant.stuck = true;
      return null;
    };
    const claiming = acquireHosts(desk.services, wish(desk, "w", { inspect, signal: abort.signal }));
    await expect(claiming).rejects.toMatchObject({ kind: "request.cancelled" });
    expect(holdOf(desk, "ant")).toBe("releasing");
    ant.stuck = false;
    await desk.clock.advance(5_000);
    expect(ant).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.arbiter.ownerOf("ant:22")).toBeNull();
  });

  test("a lock that may have been written, but was not answered for, is removed before anybody gets the host", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const ant = desk.pool.machine("ant");
    ant.losesAnswers = true;
    await expect(acquireHosts(desk.services, wish(desk, "w"))).rejects.toThrow(
      /pool lock could not be taken/,
    );
    expect(holdOf(desk, "ant")).toBe("releasing");
    await desk.clock.advance(5_000);
    expect(ant).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.arbiter.ownerOf("ant:22")).toBeNull();
  });

  test("are given back when the last look throws", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const inspect = () => Promise.reject(new Error("a fault of ours"));
    await expect(acquireHosts(desk.services, wish(desk, "w", { inspect }))).rejects.toThrow(
      /a fault of ours/,
    );
    expect(desk.pool.machine("ant")).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.arbiter.ownerOf("ant:22")).toBeNull();
  });

  test("are given back when the claim is cancelled while they connect", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const abort = new AbortController();
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("bee").gates.connect = () => hang.promise;
    const claiming = acquireHosts(desk.services, wish(desk, "w", { slots: two, signal: abort.signal }));
    await settle();
    expect(desk.pool.machine("ant").files.pool).not.toBeNull();
    abort.abort();
    hang.resolve();
    await expect(claiming).rejects.toMatchObject({ kind: "request.cancelled" });
    for (const name of ["ant", "bee"])
      expect(desk.pool.machine(name)).toMatchObject({ files: { pool: null }, open: 0 });
    expect(desk.services.arbiter.view()).toEqual({ claims: [], tickets: [] });
  });

  test("a cancelled look at a host is no news of the host", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const abort = new AbortController();
    const inspect: AcquireRequest["inspect"] = async (_host, signal) => {
      abort.abort();
      await settle();
      return signal.aborted ? { kind: "dirty", reason: "could not be asked" } : null;
    };
    const claiming = acquireHosts(desk.services, wish(desk, "w", { inspect, signal: abort.signal }));
    await expect(claiming).rejects.toMatchObject({ kind: "request.cancelled" });
    const either = ["ant", "bee"].map((name) => ({ name, row: null }));
    const slots = [{ slot: ANY, candidates: either }];
    const next = await acquireHosts(desk.services, wish(desk, "v", { slots }));
    expect(next.map(({ claim }) => claim.hostName)).toEqual(["ant"]);
  });
});

describe("candidates that ssh_config cannot make sense of", () => {
  const wanted = (...names: string[]) => [
    { slot: ANY, candidates: names.map((name) => ({ name, row: null })) },
  ];

  test("leave the slot its other candidates", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    desk.pool.strange.add("ant");
    const hosts = await acquireHosts(desk.services, wish(desk, "w", { slots: wanted("ant", "bee") }));
    expect(hosts.map(({ claim }) => claim.hostName)).toEqual(["bee"]);
  });

  test("are the error when there is no other", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    desk.pool.strange.add("ant");
    await expect(
      acquireHosts(desk.services, wish(desk, "w", { slots: wanted("ant") })),
    ).rejects.toMatchObject({
      kind: "host.unsupported",
    });
  });
});
