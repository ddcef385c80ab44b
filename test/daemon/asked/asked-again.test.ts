import { MtuiError } from "@mtui/core/protocol";
import { type OperationName, OPERATIONS } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { REMEMBER_MS } from "../../../packages/daemon/src/asked/asked-call.ts";
import {
  askedCall,
  askedNote,
  type CallJournal,
  jobsAskedFor,
  RememberedCalls,
} from "../../../packages/daemon/src/asked/index.ts";
import type { Job } from "../../../packages/daemon/src/jobs/index.ts";
import { outcomeUnknown } from "../../../packages/daemon/src/asked/outcome-unknown.ts";
import type { CallRow } from "../../../packages/daemon/src/asked/remembered-calls.ts";
import { AGENT, type Desk, openDesk, PERSON } from "../support/desk.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const KEY = { key: "k-1" };

/** Workspace `w` with hosts ant and bee. */
async function open(): Promise<Desk> {
  const desk = openDesk({ hosts: ["ant", "bee", "cat"] });
  await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
  return desk;
}

const hostsOf = (desk: Desk) => [...(desk.services.workspaces.find("w")?.hosts.keys() ?? [])];
const removeAnt = { workspace: "w", hosts: ["ant"] };
const GONE = new MtuiError("request.cancelled", "client c1 is gone.", { data: { gone: true } });

/** A pause that a test ends; `reached` says that somebody is in it. */
function gate() {
  const entered = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const enter = (): Promise<void> => {
    entered.resolve();
    return open.promise;
  };
  return { enter, reached: entered.promise, open: () => open.resolve() };
}

describe("a change that starts no job, asked for again under its key", () => {
  test("is answered as it was and not done again", async () => {
    using desk = await open();
    const first = await desk.call("remove_host", removeAnt, KEY);
    expect(first).toEqual({ released: ["ant"], unreleased: [] });
    expect(await desk.call("remove_host", removeAnt, KEY)).toEqual(first);
    // The same parameters, however they are written.
    expect(await desk.call("remove_host", { hosts: ["ant"], workspace: "w" }, KEY)).toEqual(first);
    await expect(desk.call("remove_host", removeAnt)).rejects.toMatchObject({ kind: "host.unknown" });
  });

  test("fails as it failed, although it would succeed by now", async () => {
    using desk = await open();
    const failed = { kind: "host.unknown", message: expect.stringContaining("cat") };
    const cat = { workspace: "w", hosts: ["cat"] };
    await expect(desk.call("remove_host", cat, KEY)).rejects.toMatchObject(failed);
    await desk.call("add_host", { workspace: "w", target: ["cat"] });
    await expect(desk.call("remove_host", cat, KEY)).rejects.toMatchObject(failed);
    expect(hostsOf(desk)).toContain("cat");
  });

  test("while it is under way, both wait for the same", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.release = slow.enter;
    const first = desk.call("remove_host", removeAnt, KEY);
    await slow.reached;
    const second = desk.call("remove_host", removeAnt, KEY);
    slow.open();
    expect(await Promise.all([first, second])).toEqual([
      { released: ["ant"], unreleased: [] },
      { released: ["ant"], unreleased: [] },
    ]);
  });

  test("a key is one request's; another operation, client or namespace has its own", async () => {
    using desk = await open();
    await desk.call("remove_host", removeAnt, KEY);
    const bee = { workspace: "w", hosts: ["bee"] };
    await expect(desk.call("remove_host", bee, KEY)).rejects.toMatchObject({
      kind: "params.invalid",
      data: { parameter: "idempotency_key" },
    });
    expect(hostsOf(desk)).toEqual(["bee"]);
    await desk.call("unlock", { workspace: "w" }, KEY);
    await desk.call("add_host", { workspace: "w", target: ["cat"] }, { client: AGENT });
    const other = { ...AGENT, namespace: "claude-2" };
    await desk.call("add_host", { workspace: "w", target: ["ant"] }, { client: other });
    const cat = { workspace: "w", hosts: ["cat"] };
    expect(await desk.call("remove_host", cat, { client: AGENT, ...KEY })).toMatchObject({
      released: ["cat"],
    });
    expect(await desk.call("remove_host", removeAnt, { client: other, ...KEY })).toMatchObject({
      released: ["ant"],
    });
  });

  test("after ten minutes it is a new request, and nothing is kept of the old one", async () => {
    using desk = await open();
    await desk.call("remove_host", removeAnt, KEY);
    await desk.clock.advance(REMEMBER_MS);
    expect(await desk.call("remove_host", removeAnt, KEY)).toMatchObject({ released: ["ant"] });
    await desk.clock.advance(1000);
    await expect(desk.call("remove_host", removeAnt, KEY)).rejects.toMatchObject({ kind: "host.unknown" });
    await desk.clock.advance(REMEMBER_MS + 1000);
    await desk.call("unlock", { workspace: "w" }, { key: "k-2" });
    expect(desk.journal.calls.all().map(([id]) => id)).toEqual(["terminal unlock k-2"]);
  });

  test("goes on when its caller is gone, and ends when it is cancelled", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.release = slow.enter;
    const lane = desk.call("remove_host", removeAnt);
    await slow.reached;
    const callers = [new AbortController(), new AbortController()] as const;
    const bee = { workspace: "w", hosts: ["bee"] };
    const lost = desk.call("remove_host", bee, { key: "lost", signal: callers[0].signal });
    const cancelled = desk.call("remove_host", bee, { key: "cancelled", signal: callers[1].signal });
    cancelled.catch(() => {});
    callers[0].abort(GONE);
    callers[1].abort(new MtuiError("request.cancelled", "The client cancelled the request."));
    await expect(cancelled).rejects.toMatchObject({ kind: "request.cancelled" });
    slow.open();
    await lane;
    expect(await lost).toMatchObject({ released: ["bee"] });
    expect(await desk.call("remove_host", bee, { key: "lost" })).toMatchObject({ released: ["bee"] });
  });

  test("questions may have keys, which mean nothing", async () => {
    using desk = await open();
    const hosts = (): Promise<unknown> => desk.call("list_hosts", { workspace: "w" }, KEY);
    expect(await hosts()).toMatchObject({ hosts: [{ host: "ant" }, { host: "bee" }] });
    await desk.call("remove_host", removeAnt);
    expect(await hosts()).toMatchObject({ hosts: [{ host: "bee" }] });
    expect(desk.journal.calls.all()).toEqual([]);
  });
});

describe("when the daemon died meanwhile", () => {
  test("what it had answered is answered again", async () => {
    using desk = await open();
    const first = await desk.call("remove_host", removeAnt, KEY);
    const failed = { workspace: "w", hosts: ["dog"] };
    await desk.call("remove_host", failed, { key: "k-2" }).catch(() => {});
    using next = await desk.nextLife();
    expect(await next.call("remove_host", removeAnt, KEY)).toEqual(first);
    await expect(next.call("remove_host", failed, { key: "k-2" })).rejects.toMatchObject({
      kind: "host.unknown",
      data: { host: "dog" },
    });
  });

  test("between begun and answered: nobody knows, it is not done again, and the hint says where to look", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.release = slow.enter;
    desk.call("remove_host", removeAnt, KEY).catch(() => {});
    await slow.reached;
    const begun = desk.clock.now();
    using next = await desk.nextLife();
    next.pool.machine("ant").gates.release = async () => {};
    await settle();
    const before = hostsOf(next);
    for (let again = 0; again < 2; again += 1)
      await expect(next.call("remove_host", removeAnt, KEY)).rejects.toMatchObject({
        kind: "outcome.unknown",
        retryable: false,
        hint: expect.stringMatching(/^Look: mtuictl list-hosts; .* new key/),
        data: { operation: "remove_host", at: begun },
      });
    expect(hostsOf(next)).toEqual(before);
    await expect(next.call("remove_host", { workspace: "w" }, KEY)).rejects.toMatchObject({
      kind: "params.invalid",
    });
    // Under a new key it is a new request.
    expect(hostsOf(next)).toContain("ant");
    expect(await next.call("remove_host", removeAnt, { key: "k-2" })).toMatchObject({ released: ["ant"] });
  });

  test("what was begun long before is as unknown as any, and for as long", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { id, params } = askedCall("unlock", { params: {}, client: PERSON, ...KEY });
    desk.journal.write(() => desk.journal.calls.put(id, { at: desk.clock.now(), params, answer: null }));
    await desk.clock.advance(2 * REMEMBER_MS);
    using next = await desk.nextLife();
    const ask = (): Promise<unknown> =>
      next.services.remembered.once(
        { id, params, operation: "unlock" },
        { signal: new AbortController().signal, work: async () => "done" },
      );
    await expect(ask()).rejects.toMatchObject({ kind: "outcome.unknown" });
    await next.clock.advance(REMEMBER_MS + 1000);
    expect(await ask()).toBe("done");
  });

  test("right before it began: it is done now", async () => {
    using desk = await open();
    using next = await desk.nextLife();
    expect(await next.call("remove_host", removeAnt, KEY)).toMatchObject({ released: ["ant"] });
  });
});

describe("a job, asked for again under its key", () => {
  const run = { workspace: "w", command: ["true"], hosts: ["ant"] };
  const started = (desk: Desk) => desk.services.jobs.list().filter(({ id }) => id.startsWith("run-"));

  test("is the same job: under way, ended, in the background and waited for", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.command = slow.enter;
    const inBackground = { ...run, background: true };
    expect(await desk.call("run", inBackground, KEY)).toMatchObject({ job: { id: "run-1" } });
    await slow.reached;
    expect(await desk.call("run", inBackground, KEY)).toMatchObject({
      job: { id: "run-1", state: "running" },
    });
    await expect(desk.call("run", { ...inBackground, hosts: ["bee"] }, KEY)).rejects.toMatchObject({
      kind: "params.invalid",
    });
    slow.open();
    const [first, second] = await Promise.all([
      desk.call("run", run, { key: "k-2" }),
      desk.call("run", run, { key: "k-2" }),
    ]);
    expect(first).toMatchObject({
      job: { id: "run-2", state: "done" },
      result: { hosts: [{ host: "ant" }] },
    });
    expect(second).toEqual(first);
    expect(await desk.call("run", inBackground, KEY)).toMatchObject({ job: { id: "run-1", state: "done" } });
    expect(started(desk)).toHaveLength(2);
  });

  test("in the daemon's next life, too, where it goes on", async () => {
    using desk = await open();
    const slow = gate();
    desk.pool.machine("ant").gates.command = slow.enter;
    desk.call("run", run, KEY).catch(() => {});
    await slow.reached;
    using next = await desk.nextLife();
    const again = next.call("run", run, KEY);
    slow.open();
    await next.clock.advance(60_000);
    expect(await again).toMatchObject({ job: { id: "run-1", state: "done" } });
    expect(started(next)).toHaveLength(1);
  });

  test("fails as it failed", async () => {
    using desk = await open();
    const dog = { workspace: "w", target: ["dog"] };
    desk.pool.machine("cat").reachable = false;
    const cat = { ...dog, target: ["cat"] };
    const failed = { kind: "host.unreachable", data: { job: "add_host-2" } };
    await expect(desk.call("add_host", cat, KEY)).rejects.toMatchObject(failed);
    desk.pool.machine("cat").reachable = true;
    await expect(desk.call("add_host", cat, KEY)).rejects.toMatchObject(failed);
    expect(hostsOf(desk)).toEqual(["ant", "bee"]);
  });

  test("is remembered beyond the number of jobs that are kept, for ten minutes", async () => {
    using desk = openDesk({ hosts: ["ant"], jobs: { keepFinished: 0 } });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("run", run, KEY);
    await desk.call("run", run);
    expect(await desk.call("run", run, KEY)).toMatchObject({ job: { id: "run-1" } });
    await desk.clock.advance(REMEMBER_MS + 1000);
    expect(await desk.call("run", run, KEY)).toMatchObject({ job: { id: "run-3" } });
  });

  test("of several updates, those that a death left out are started, and no other twice", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrids = [1, 2, 3].map((incident) => desk.template(incident));
    const hold = gate();
    desk.pool.machine("ant").gates.connect = hold.enter;
    const { jobs } = desk.services;
    const start = jobs.start.bind(jobs);
    let left = 2;
    // The daemon is killed between the second job's first record and the third's.
    jobs.start = (...of) => {
      if (left === 0) throw new Error("killed");
      left -= 1;
      const job = start(...of);
      return job;
    };
    const params = { rrids, background: true };
    await desk.call("validate", params, KEY).catch(() => {});
    using next = await desk.nextLife();
    const ids = async (key: string): Promise<(string | null)[][]> =>
      (await next.call("validate", params, { key })).jobs.map(({ id, rrid }) => [id, rrid]);
    const all = [1, 2, 3].map((n) => [`validate-${n}`, rrids[n - 1]]);
    expect(await ids("k-1")).toEqual(all);
    expect(await ids("k-1")).toEqual(all);
    await expect(next.call("validate", params, { key: "k-2" })).rejects.toMatchObject({
      kind: "workspace.busy",
    });
  });
});

describe("jobs of one request that ended at different times", () => {
  const asked = { ...askedCall("validate", { params: {}, client: PERSON, key: "k-1" }) };
  const job = (id: string, { from, until }: { from: number; until: number | null }): Job =>
    ({
      id,
      createdAt: from,
      final: until !== null,
      finishedAt: until,
      request: { recipe: { notes: askedNote(asked) } },
    }) as unknown as Job;
  const found = (jobs: Job[], now: number): string[] => {
    const clock = new VirtualClock();
    clock.now = () => now;
    return jobsAskedFor(asked, { jobs: { list: () => jobs.toReversed() }, clock }).map(({ id }) => id);
  };
  const late = REMEMBER_MS + 1000;

  test("are all known as long as one is; a job of a request that was forgotten is not among them", () => {
    const short = job("validate-1", { from: 0, until: 500 });
    const long = job("validate-2", { from: 0, until: null });
    expect(found([short, long], late)).toEqual(["validate-1", "validate-2"]);
    expect(found([short], late)).toEqual([]);
    const anew = job("validate-3", { from: late, until: null });
    expect(found([short, anew], late + 5)).toEqual(["validate-3"]);
  });
});

describe("what is kept has bounds", () => {
  const close = (desk: Desk, workspace: string, key: string): Promise<unknown> =>
    desk.call("close_workspace", { workspace }, { key });

  test("at most 4096 requests: of more, the oldest go", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const at = desk.clock.now();
    desk.journal.write(() => {
      for (let n = 0; n < 4100; n += 1)
        desk.journal.calls.put(`terminal unlock n${n}`, { at: at + n, params: "", answer: null });
    });
    using next = await desk.nextLife();
    await close(next, "default", "k-1");
    expect(next.journal.calls.get("terminal unlock n4")).toBeNull();
    expect(next.journal.calls.get("terminal unlock n5")).not.toBeNull();
    expect(next.journal.calls.all()).toHaveLength(4096);
  });

  /** A disk that may be full. */
  function paper() {
    const rows = new Map<string, CallRow>();
    const disk = { full: false };
    const journal: CallJournal = {
      all: () => [...rows],
      find: (id) => rows.get(id) ?? null,
      save: (id, row) => !disk.full && rows.set(id, row) === rows,
      forget: (ids) => ids.forEach((id) => rows.delete(id)),
      assertWritable: () => {
        if (disk.full) throw new MtuiError("state.io", "full");
      },
    };
    const clock = new VirtualClock(1_000_000);
    const calls = new RememberedCalls({ clock, journal });
    const asked = askedCall("export", { params: {}, client: PERSON, key: "k" });
    const { signal } = new AbortController();
    let done = 0;
    const once = (work: () => unknown = () => "done") =>
      calls.once(asked, {
        signal,
        work: async () => {
          done += 1;
          return work();
        },
      });
    return { disk, rows, once, done: () => done };
  }

  test("an answer that is too long is not kept, and that it was done is", async () => {
    const { once, done } = paper();
    const long = { text: "x".repeat(300_000) };
    expect(await once(() => long)).toBe(long);
    await expect(once()).rejects.toMatchObject({ kind: "outcome.unknown", data: { done: true } });
    expect(done()).toBe(1);
  });

  test("nothing begins that cannot be written down; an answer that cannot be is kept in memory", async () => {
    const { disk, rows, once, done } = paper();
    disk.full = true;
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    expect(done()).toBe(0);
    disk.full = false;
    const first = once(() => {
      disk.full = true;
      return "the answer";
    });
    expect(await first).toBe("the answer");
    expect([...rows.values()]).toMatchObject([{ answer: null }]);
    expect(await once()).toBe("the answer");
    expect(done()).toBe(1);
  });

  test("what could not be written down was not begun and may be asked again; work that met a full disk may not", async () => {
    const { disk, once, done } = paper();
    disk.full = true;
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    disk.full = false;
    const failing = once(() => {
      disk.full = true;
      throw new MtuiError("state.io", "full");
    });
    await expect(failing).rejects.toMatchObject({ kind: "state.io" });
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    disk.full = false;
    await expect(once()).rejects.toMatchObject({ kind: "state.io" });
    expect(done()).toBe(1);
  });

  test("every operation that changes something and starts no job says where to look", async () => {
    const plain: OperationName[] = OPERATIONS.filter(({ effect, slow }) => effect !== "read" && !slow).map(
      ({ name }) => name,
    );
    const vague = plain.filter((operation) =>
      outcomeUnknown({ operation, id: "", params: "" }, 0).hint?.startsWith("Look: mtuictl queue"),
    );
    expect(vague.toSorted()).toEqual(["heartbeat", "takeover"]);
  });
});
