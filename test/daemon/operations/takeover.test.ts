import { describe, expect, test } from "vitest";
import type { DaemonEvent } from "@mtui/core/registry";
import { AGENT, type Desk, openDesk } from "../support/desk.ts";
import type { FakeMachine } from "../support/fake-pool.ts";
import { settle } from "../support/virtual-clock.ts";

interface Taken extends Desk {
  readonly ant: FakeMachine;
  /** The claim under which `loser` has the host ant. */
  readonly claim: string;
}

async function start(hosts = ["ant", "bee"]): Promise<Taken> {
  const desk = openDesk({ hosts });
  await desk.call("add_host", { workspace: "loser", target: ["ant"] });
  const claim = desk.services.arbiter.view().claims[0]?.id ?? "";
  return Object.assign(desk, { ant: desk.pool.machine("ant"), claim });
}

function take(desk: Taken, fields: Record<string, unknown> = {}) {
  return desk.call("takeover", {
    workspace: "taker",
    host: "ant",
    claim: desk.claim,
    reason: "an incident",
    ...fields,
  });
}

function happened(desk: Desk, ...types: string[]): DaemonEvent[] {
  return desk.services.events.read(0, { types }).events;
}

/** Resolves when there is such an event; time stands still. */
async function happens(desk: Desk, type: string): Promise<void> {
  await desk.services.events.wait(0, { types: [type], timeoutMs: 1 });
}

/** Whose pool lock stood on the host at each change of the file. */
function watchPool(machine: FakeMachine): string[] {
  const seen: string[] = [];
  let file = machine.files.pool;
  Object.defineProperty(machine.files, "pool", {
    get: () => file,
    set: (next: typeof file) => {
      file = next;
      seen.push(next === null ? "nobody" : (/\[(.*)\]/.exec(next.bytes)?.[1] ?? next.user));
    },
  });
  return seen;
}

test("the host changes hands: claim, lock and connection, and the loser is told once for all and each time by name", async () => {
  using desk = await start();
  const pool = watchPool(desk.ant);
  const result = await take(desk);
  expect(result).toMatchObject({
    host: "ant",
    workspace: "taker",
    from: { workspace: "loser", claim: desk.claim },
    cancelled_jobs: [],
    warnings: [],
  });
  expect(pool).toEqual(["taker"]);
  expect(desk.ant.open).toBe(1);
  expect(desk.services.arbiter.view().claims).toMatchObject([{ id: result.claim, workspace: "taker" }]);
  expect((await desk.call("list_hosts", { workspace: "loser" })).hosts).toEqual([]);
  expect(await desk.call("run", { workspace: "taker", command: ["true"] })).toMatchObject({
    job: { state: "done" },
  });

  expect(happened(desk, "claim.lost")).toMatchObject([
    { workspace: "loser", host: "ant", text: "taken over by workspace taker: an incident" },
  ]);
  const told = {
    kind: "claim.lost",
    message: expect.stringMatching(/ant was taken over by workspace taker at 2026-.*Z: an incident\.$/),
    data: { hosts: [{ host: "ant", by: "taker", reason: "an incident" }] },
  };
  const run = (hosts: string[]) => desk.call("run", { workspace: "loser", command: ["true"], hosts });
  await expect(run([])).rejects.toMatchObject(told);
  await expect(run([])).rejects.toMatchObject({ kind: "host.none" });
  await expect(run(["ant"])).rejects.toMatchObject(told);
  await expect(run(["ant"])).rejects.toMatchObject(told);
  await expect(run(["bee"])).rejects.toMatchObject({ kind: "host.unknown" });

  // The loser can have it again, and then nothing is lost any more.
  await desk.call("remove_host", { workspace: "taker", hosts: ["ant"] });
  await desk.call("add_host", { workspace: "loser", target: ["ant"] });
  expect(await run(["ant"])).toMatchObject({ job: { state: "done" } });
  expect(pool).toEqual(["taker", "nobody", "loser"]);
});

test("the rest of the loser's hosts is not worked on before the loser knows", async () => {
  using desk = await start();
  await desk.call("add_host", { workspace: "loser", target: ["bee"] });
  await take(desk);
  const run = () => desk.call("run", { workspace: "loser", command: ["true"] });
  await expect(run()).rejects.toMatchObject({ kind: "claim.lost" });
  expect(desk.pool.machine("bee").commands).toEqual([]);
  expect(await run()).toMatchObject({ result: { hosts: [{ host: "bee", state: "ok" }] } });
});

describe("nothing changes", () => {
  async function unchanged(desk: Taken): Promise<void> {
    expect(desk.services.arbiter.view().claims).toMatchObject([
      { id: desk.claim, workspace: "loser", state: "claimed" },
    ]);
    expect(desk.services.workspaces.find("loser")?.hosts.has("ant")).toBe(true);
    expect(desk.services.workspaces.find("taker")).toBeUndefined();
    expect(happened(desk, "claim.lost")).toEqual([]);
    expect(desk.ant.open).toBe(1);
  }

  test("for an agent", async () => {
    using desk = await start();
    const params = { workspace: "claude/w", host: "ant", claim: desk.claim, reason: "mine" };
    await expect(desk.call("takeover", params, { client: AGENT })).rejects.toMatchObject({
      kind: "permission.denied",
    });
    await unchanged(desk);
  });

  test("when another claim is there than the one that was seen", async () => {
    using desk = await start();
    await expect(take(desk, { claim: "c999" })).rejects.toMatchObject({
      kind: "host.busy",
      message: expect.stringContaining(`claimed by workspace loser as ${desk.claim}`),
      data: { claim: desk.claim, workspace: "loser" },
    });
    await expect(take(desk, { host: "bee" })).rejects.toMatchObject({
      kind: "host.busy",
      message: expect.stringContaining("not held by anybody"),
    });
    await unchanged(desk);
  });

  test("when the host does not answer", async () => {
    using desk = await start();
    const [session] = desk.pool.sessions;
    desk.ant.gates.connect = async () => {
      desk.ant.reachable = false;
    };
    await expect(take(desk)).rejects.toMatchObject({
      kind: "host.unreachable",
      message: "Cannot connect to ant; nothing has changed.",
    });
    desk.ant.reachable = true;
    expect(session?.connected).toBe(true);
    await unchanged(desk);
  });

  test("when somebody else's pool lock stands on it", async () => {
    using desk = await start();
    desk.ant.lockedBy("bob", "pool");
    await expect(take(desk)).rejects.toMatchObject({
      kind: "lock.lost",
      message: expect.stringContaining("bob"),
    });
    expect(desk.ant.files.pool?.user).toBe("bob");
    await unchanged(desk);
  });

  test("while a job of the loser is at work there", async () => {
    using desk = await start();
    const hang = Promise.withResolvers<void>();
    desk.ant.gates.command = () => hang.promise;
    const running = desk.call("run", { workspace: "loser", command: ["true"] });
    await settle();
    await expect(take(desk)).rejects.toMatchObject({ kind: "workspace.busy", data: { jobs: ["run-1"] } });
    await unchanged(desk);
    hang.resolve();
    expect(await running).toMatchObject({ job: { state: "done" } });
  });

  test("when the host is given up while it is looked at", async () => {
    using desk = await start();
    const connect = Promise.withResolvers<void>();
    desk.ant.gates.connect = () => connect.promise;
    const taking = take(desk);
    await settle();
    await desk.call("remove_host", { workspace: "loser", hosts: ["ant"] });
    connect.resolve();
    await expect(taking).rejects.toMatchObject({ kind: "host.busy" });
    expect(desk.services.arbiter.view().claims).toEqual([]);
    expect(desk.ant).toMatchObject({ open: 0, files: { pool: null } });
  });

  test("when the loser begins to close while it is looked at", async () => {
    using desk = await start();
    const connect = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    desk.ant.gates.connect = () => connect.promise;
    desk.ant.gates.release = () => release.promise;
    const taking = take(desk);
    await settle();
    const closing = desk.call("close_workspace", { workspace: "loser" });
    connect.resolve();
    await expect(taking).rejects.toMatchObject({ kind: "host.busy" });
    release.resolve();
    expect(await closing).toMatchObject({ released: ["ant"], unreleased: [] });
    expect(desk.ant).toMatchObject({ open: 0, files: { pool: null } });
  });

  test("when a job begins there while it is looked at", async () => {
    using desk = await start();
    const connect = Promise.withResolvers<void>();
    const hang = Promise.withResolvers<void>();
    desk.ant.gates.connect = () => connect.promise;
    desk.ant.gates.command = () => hang.promise;
    const taking = take(desk);
    await settle();
    const running = desk.call("run", { workspace: "loser", command: ["true"] });
    await settle();
    connect.resolve();
    await expect(taking).rejects.toMatchObject({ kind: "workspace.busy" });
    hang.resolve();
    expect(await running).toMatchObject({ job: { state: "done" } });
    await unchanged(desk);
  });

  test("for the workspace that has it", async () => {
    using desk = await start();
    await expect(take(desk, { workspace: "loser" })).rejects.toMatchObject({ kind: "params.invalid" });
    await unchanged(desk);
  });
});

describe("--force", () => {
  test("cancels the job first, and answers when its commands are gone", async () => {
    using desk = await start();
    const hang = Promise.withResolvers<void>();
    desk.ant.gates.command = () => hang.promise;
    const running = desk.call("run", { workspace: "loser", command: ["true"] });
    await settle();
    let answered = false;
    const taking = take(desk, { force: true }).finally(() => {
      answered = true;
    });
    await settle();
    // Decided, but not handed over: nobody else has it, and the loser's work is still ending.
    expect(answered).toBe(false);
    expect(desk.services.arbiter.view().claims).toMatchObject([{ workspace: "taker" }]);
    expect(desk.ant.files.operation).not.toBeNull();
    hang.resolve();
    expect(await taking).toMatchObject({ cancelled_jobs: ["run-1"], warnings: [] });
    expect(await running).toMatchObject({ job: { state: "cancelled" } });
    expect(desk.ant).toMatchObject({ open: 1, files: { operation: null } });
    expect(desk.ant.files.pool?.bytes).toContain("[taker]");
  });

  test("of a validation whose workspace goes with it: the host does not", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(1);
    const ant = desk.pool.machine("ant");
    const hang = Promise.withResolvers<void>();
    const held = () => desk.services.arbiter.view().claims[0];
    ant.answer = (command) => ({ exit: command.includes("lr -puU") ? 6 : 0, stdout: "" });
    // Its baseline is looked at while it is being connected; the first command behind that hangs.
    ant.gates.command = () => (held()?.state === "claimed" ? hang.promise : Promise.resolve());
    const { jobs } = await desk.call("validate", { rrids: [rrid], background: true });
    await happens(desk, "claim.granted");
    await settle();
    const waiting = desk.call("add_host", { workspace: "other", target: ["ant"], wait: 600 });
    waiting.catch(() => {});
    await settle();
    const taking = desk.call("takeover", {
      workspace: "taker",
      host: "ant",
      claim: held()?.id,
      reason: "r",
      force: true,
    });
    await settle();
    hang.resolve();
    expect(await taking).toMatchObject({ cancelled_jobs: [jobs[0]?.id] });
    await happens(desk, "workspace.closed");
    expect(desk.services.workspaces.find("SUSE-Maintenance-1-10")).toBeUndefined();
    expect(desk.services.arbiter.view().claims).toMatchObject([{ workspace: "taker", state: "claimed" }]);
    expect(ant.files.pool?.bytes).toContain("[taker]");
    expect(ant.open).toBe(1);
  });

  test("a job that takes its time to end is waited for no longer than a minute, and followed to its end", async () => {
    using desk = await start();
    const hang = Promise.withResolvers<void>();
    desk.ant.gates.command = () => hang.promise;
    const running = desk.call("run", { workspace: "loser", command: ["true"] });
    await settle();
    const taking = take(desk, { force: true });
    await desk.clock.advance(60_000);
    expect(await taking).toMatchObject({
      warnings: [expect.stringContaining("run-1 of workspace loser is still being ended")],
    });
    expect(desk.ant.files.pool?.bytes).toContain("[loser]");
    // Nothing of the taker's begins meanwhile: the loser's operation lock stands.
    await expect(desk.call("run", { workspace: "taker", command: ["true"], wait: 0 })).rejects.toMatchObject({
      kind: "lock.foreign",
    });
    hang.resolve();
    expect(await running).toMatchObject({ job: { state: "cancelled" } });
    await settle();
    expect(desk.ant.files.pool?.bytes).toContain("[taker]");
    expect(desk.ant.open).toBe(1);
  });
});

test("a lock by hand of the loser goes; one under which a lost command is at work stays, and is said", async () => {
  using desk = await start();
  await desk.call("lock", { workspace: "loser" });
  desk.ant.fenced = true;
  const result = await take(desk);
  expect(result.warnings).toEqual([expect.stringContaining("still at work")]);
  expect(desk.ant.files.operation).not.toBeNull();
  // Its end is noticed by the next operation of the new owner.
  desk.ant.fenced = false;
  expect(await desk.call("run", { workspace: "taker", command: ["true"] })).toMatchObject({
    job: { state: "done" },
  });
  expect(desk.ant.files.operation).toBeNull();
});

test("a lock file that cannot be written any more leaves the host with the taker, who is told", async () => {
  using desk = await start();
  let connects = 0;
  desk.ant.gates.connect = async () => {
    connects += 1;
  };
  desk.ant.gates.lock = async () => {
    desk.ant.lockedBy("bob", "pool");
  };
  const result = await take(desk);
  expect(connects).toBe(1);
  expect(result.warnings).toEqual([expect.stringContaining("overwritten: locked by bob")]);
  expect(desk.ant.files.pool?.user).toBe("bob");
  expect(await desk.call("remove_host", { workspace: "taker" })).toMatchObject({ released: ["ant"] });
  expect(desk.ant.files.pool?.user).toBe("bob");
});

test("it is written down who took what from whom, and why", async () => {
  using desk = await start();
  await take(desk, { reason: "two\nlines\u0007" });
  expect(desk.logged).toEqual([
    "warn ant was taken over by workspace taker: two lines? (from workspace loser, by mtuictl)",
  ]);
});

test.each(["before", "after"])(
  "a daemon that dies %s the lock on the host was rewritten goes on with the new owner",
  async (when) => {
    using desk = await start();
    const never = Promise.withResolvers<void>();
    desk.ant.gates.lock = () => never.promise;
    take(desk).catch(() => {});
    await settle();
    delete desk.ant.gates.lock;
    if (when === "after") {
      // What was not written down any more: another nonce, for the same owner.
      const bytes = desk.ant.files.pool?.bytes ?? "";
      const rewritten = bytes.replace("[loser]", "[taker]").replace(/n=[0-9a-f]{4}/, "n=beef");
      desk.ant.files.pool = { bytes: rewritten, user: "me+mtuid" };
    }
    using next = await desk.nextLife();
    await settle();
    expect(next.services.arbiter.view().claims).toMatchObject([{ workspace: "taker", state: "claimed" }]);
    expect(await next.call("run", { workspace: "taker", command: ["true"] })).toMatchObject({
      job: { state: "done" },
    });
    await expect(next.call("run", { workspace: "loser", command: ["true"] })).rejects.toMatchObject({
      kind: "claim.lost",
    });
    expect(await next.call("remove_host", { workspace: "taker" })).toMatchObject({ released: ["ant"] });
    expect(desk.ant.files.pool).toBeNull();
  },
);
