import { describe, expect, test } from "vitest";
import { REMEMBER_MS } from "../../../packages/daemon/src/asked/asked-call.ts";
import { askedCall, askedNote, jobsAskedFor } from "../../../packages/daemon/src/asked/index.ts";
import type { Job } from "../../../packages/daemon/src/jobs/index.ts";
import { type Desk, openDesk, PERSON } from "../support/desk.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { gate, hostsOf, KEY, open } from "./asked-desk.ts";

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
  // What is looked at in a job; a real one does not end at a time of one's choosing.
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
