import { describe, expect, test } from "vitest";
import { operationsByName, type ResultOf } from "@mtui/core/registry";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

type Queue = ResultOf<"list_queue">;
type Candidate = Queue["tickets"][number]["slots"][number]["candidates"][number];

function candidates({ tickets }: Queue): Candidate[] {
  return tickets.flatMap(({ slots }) => slots.flatMap((slot) => slot.candidates));
}

describe("list_queue", () => {
  test("what a claim's host is doing, for which job, and how long its lease runs", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const rrid = desk.template(7);
    await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    await desk.clock.advance(60_000);
    const quiet = await desk.call("list_queue");
    const lease_until = desk.services.workspaces.find("w")?.leaseUntil;
    expect(quiet.claims).toMatchObject([
      { host: "ant", workspace: "w", rrid, state: "claimed", lease_until, job: null, operation: null },
      { host: "bee", since: desk.clock.now() - 60_000, step: null, reason: null },
    ]);

    const hang = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.command = () => hang.promise;
    const running = desk.call("run", { workspace: "w", command: ["true"], hosts: ["ant"] });
    await settle();
    expect((await desk.call("list_queue")).claims).toMatchObject([
      { host: "ant", job: "run-1", operation: "run" },
      { host: "bee", job: null },
    ]);
    hang.resolve();
    await running;
  });

  test("who waits for which job until when, and each reason as a state", async () => {
    using desk = openDesk({ hosts: ["ant", "bee", "cat", "dog", "elk"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    desk.pool.machine("bee").lockedBy("bob", "pool");
    desk.pool.machine("cat").reachable = false;
    desk.pool.machine("elk").stuck = true;
    await desk.call("add_host", { workspace: "w", target: ["elk"] });
    await desk.call("remove_host", { workspace: "w", hosts: ["elk"] });
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("dog").gates.connect = () => hang.promise;
    const connecting = desk.call("add_host", { workspace: "slow", target: ["dog"] });
    const target = ["ant", "bee", "cat", "dog", "elk"];
    const waiting = desk.call("add_host", { workspace: "x", target, wait: 600 });
    waiting.catch(() => {});
    await settle();
    const queue = await desk.call("list_queue");
    expect(operationsByName.get("list_queue")?.result.parse(queue)).toEqual(queue);

    const [slow, wide] = [queue.tickets.find(({ workspace }) => workspace === "slow"), queue.tickets.at(-1)];
    expect(slow).toMatchObject({ position: 0, job: "add_host-3", until: null });
    expect(wide).toMatchObject({
      workspace: "x",
      job: "add_host-4",
      since: desk.clock.now(),
      until: desk.clock.now() + 600_000,
      waits_for: "own",
    });
    const states = new Map(candidates(queue).map((each) => [each.host, each]));
    expect(states.get("ant")).toMatchObject({
      state: "held",
      workspace: "w",
      claim: "c1",
      since: desk.clock.now(),
    });
    // Not looked at yet: nothing is granted before all five are there.
    expect(states.get("bee")).toEqual({ host: "bee", state: "free", why_not: expect.any(String) });
    expect(states.get("elk")).toMatchObject({
      state: "releasing",
      workspace: "w",
      next_try: expect.any(Number),
    });
    expect(
      candidates(queue)
        .filter(({ host }) => host === "dog")
        .map(({ state }) => state),
    ).toEqual(["own", "held"]);
    expect(queue.claims.find(({ host }) => host === "elk")).toMatchObject({
      state: "releasing",
      reason: expect.stringContaining("read-only"),
    });
    expect(queue.claims.find(({ host }) => host === "dog")).toMatchObject({
      state: "acquiring",
      job: "add_host-3",
    });

    hang.resolve();
    await connecting;
    await desk.call("job_cancel", { job_id: "add_host-4" });
    await expect(waiting).rejects.toMatchObject({ kind: "job.cancelled" });
  });

  test("foreign locks with their owner, and hosts that do not answer, also when nobody waits", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    desk.pool.machine("ant").lockedBy("bob", "pool");
    desk.pool.machine("bee").reachable = false;
    const waiting = desk.call("add_host", { workspace: "w", target: ["ant"], wait: 600 });
    waiting.catch(() => {});
    await settle();
    expect(candidates(await desk.call("list_queue"))).toMatchObject([
      {
        host: "ant",
        state: "foreign",
        user: "bob",
        since: 1000,
        next_try: expect.any(Number),
        why_not: "foreign lock: locked by bob since 1970-01-01T00:00:01Z",
      },
    ]);
    await desk.call("job_cancel", { job_id: "add_host-1" });
    await desk.call("add_host", { workspace: "w", target: ["bee"] }).catch(() => {});
    expect(await desk.call("list_queue")).toMatchObject({
      tickets: [],
      hosts: [
        { host: "ant", state: "foreign", reason: "locked by bob", since: 1000 },
        { host: "bee", state: "unreachable", reason: "Cannot connect to bee.", since: desk.clock.now() },
      ],
    });
    await desk.call("add_host", { workspace: "v", target: ["bee"] }).catch(() => {});
    expect((await desk.call("list_queue")).hosts[1]).toMatchObject({ host: "bee", state: "quarantined" });
  });

  test("its cursor is where the next change will be told", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const { cursor } = await desk.call("list_queue");
    const types = ["claim.*"];
    expect(await desk.call("list_events", { from: cursor, types })).toMatchObject({ events: [], gap: false });
    const news = desk.call("list_events", { from: cursor, types, timeout: 25 });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    expect(await news).toMatchObject({ events: [{ type: "claim.granted", host: "ant", workspace: "w" }] });
  });
});

describe("list_events", () => {
  async function busyDesk() {
    const desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("add_host", { workspace: "v", target: ["bee"] });
    await desk.call("run", { workspace: "w", command: ["true"] });
    await desk.call("close_workspace", { workspace: "v" });
    return desk;
  }
  const types = ({ events }: ResultOf<"list_events">): string[] => events.map(({ type }) => type);

  test("of one workspace, one host, one type, or the latest few", async () => {
    using desk = await busyDesk();
    const all = await desk.call("list_events", { from: 0 });
    expect(new Set(types(all))).toEqual(
      new Set([
        "job.state",
        "job.step",
        "job.host",
        "ticket.queued",
        "ticket.granted",
        "claim.granted",
        "claim.released",
        "workspace.closed",
      ]),
    );
    expect(types(await desk.call("list_events", { from: 0, hosts: ["bee"], types: ["claim.*"] }))).toEqual([
      "claim.granted",
      "claim.released",
    ]);
    const closing = await desk.call("list_events", { workspace: "v", last: 2 });
    expect(types(closing)).toEqual(["claim.released", "workspace.closed"]);
    expect(closing).toMatchObject({ cursor: all.cursor, gap: false });
    expect(types(await desk.call("list_events", { types: ["workspace.closed", "ticket.queued"] }))).toEqual([
      "ticket.queued",
      "ticket.queued",
      "workspace.closed",
    ]);
  });

  test("without news it answers when its time is over, or when its caller is gone", async () => {
    using desk = openDesk({ hosts: [] });
    const waiting = desk.call("list_events", { timeout: 25 });
    await desk.clock.advance(25_000);
    expect(await waiting).toEqual({ events: [], cursor: 1, gap: false });
    const gone = new AbortController();
    const left = desk.call("list_events", { timeout: 25 }, { signal: gone.signal });
    await settle();
    gone.abort();
    expect(await left).toMatchObject({ events: [] });
    expect(desk.clock.pending).toBe(0);
  });

  test("output of commands is left out unless it is asked for", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    desk.services.events.append({ type: "job.output", job: "run-1", text: "much" });
    expect(types(await desk.call("list_events", { from: 0 }))).toEqual([]);
    expect(types(await desk.call("list_events", { from: 0, output: true }))).toEqual(["job.output"]);
  });

  test.each(["claim", "*", "claim.granted.x", "Claim.lost", ""])("%j is no type", async (type) => {
    using desk = openDesk({ hosts: [] });
    await expect(desk.call("list_events", { types: [type] })).rejects.toThrow();
  });
});
