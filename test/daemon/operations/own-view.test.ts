import type { ResultOf } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import type { ClientIdentity } from "../../../packages/daemon/src/workspaces/names.ts";
import { AGENT, type Desk, openDesk, PERSON } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const OTHER: ClientIdentity = { id: "c9", kind: "agent", name: "other", namespace: "other" };

/** A person, two agents: each has a host and a job; the first agent waits for a host of the second. */
async function crowd(): Promise<Desk> {
  const desk = openDesk({ hosts: ["ant", "bee", "cat", "dog", "elk", "fox"] });
  desk.pool.machine("fox").reachable = false;
  await desk.call("add_host", { workspace: "w", target: ["fox"] }, { client: OTHER }).catch(() => {});
  const hosts = { ant: AGENT, bee: OTHER, cat: PERSON } as const;
  for (const [host, client] of Object.entries(hosts)) {
    await desk.call("add_host", { workspace: "w", target: [host] }, { client });
    desk.pool.machine(host).gates.command = () => new Promise(() => {});
    await desk.call("run", { workspace: "w", command: ["true"], background: true }, { client });
  }
  for (const host of ["dog", "elk"]) desk.pool.machine(host).lockedBy("bob", "pool");
  const wait = { wait: 600, background: true };
  await desk.call("add_host", { workspace: "x", target: ["bee", "dog"], ...wait }, { client: AGENT });
  await desk.call("add_host", { workspace: "x", target: ["cat", "elk"], ...wait }, { client: OTHER });
  await settle();
  return desk;
}

const names = ({ workspaces }: ResultOf<"list_workspaces">) => workspaces.map(({ workspace }) => workspace);
const owners = (each: { workspace?: string | undefined }[]) =>
  [...new Set(each.map(({ workspace }) => workspace ?? ""))].toSorted((a, b) => (a < b ? -1 : 1));

describe("of many clients on one daemon", () => {
  test("an agent's lists show its own, and say how much they leave out", async () => {
    using desk = await crowd();
    const its = { client: AGENT };
    const workspaces = await desk.call("list_workspaces", {}, its);
    expect({ names: names(workspaces), others: workspaces.others }).toEqual({
      names: ["claude/w", "claude/x"],
      others: 3,
    });
    const jobs = await desk.call("job_list", { limit: 1 }, its);
    // Both that go on, and not the one that ended: older ones are its own, others are the others'.
    expect(jobs.jobs.map(({ id }) => id)).toEqual(["add_host-5", "run-1"]);
    expect({ more: jobs.more, others: jobs.others }).toEqual({ more: 1, others: 6 });
    const { events } = await desk.call("list_events", { from: 0 }, its);
    expect(owners(events)).toEqual(["claude/w", "claude/x"]);
  });

  test("its queue says who is in the way of its own tickets, and nothing else of others", async () => {
    using desk = await crowd();
    const queue = await desk.call("list_queue", {}, { client: AGENT });
    expect(owners(queue.claims)).toEqual(["claude/w"]);
    expect(queue.tickets).toMatchObject([{ workspace: "claude/x" }]);
    const candidates = queue.tickets.flatMap(({ slots }) => slots.flatMap((slot) => slot.candidates));
    expect(candidates).toContainEqual(
      expect.objectContaining({ host: "bee", state: "held", workspace: "other/w" }),
    );
    expect(queue.left_out).toEqual({ claims: 2, tickets: 1, hosts: 1 });
    expect(JSON.stringify(queue)).not.toMatch(/other\/x|"cat"|"elk"|"fox"/);
  });

  test("with all, by a workspace's name, and to people everything is shown", async () => {
    using desk = await crowd();
    const all = ["claude/w", "claude/x", "other/w", "other/x", "w"];
    const both = [
      { client: AGENT, params: { all: true } },
      { client: PERSON, params: {} },
    ];
    for (const { client, params } of both) {
      expect(await desk.call("list_workspaces", params, { client })).not.toHaveProperty("others");
      expect(names(await desk.call("list_workspaces", params, { client }))).toEqual(all);
      expect(owners((await desk.call("job_list", params, { client })).jobs)).toEqual(all);
      const queue = await desk.call("list_queue", params, { client });
      expect([queue.claims.length, queue.tickets.length, queue.left_out]).toEqual([3, 2, undefined]);
      const { events } = await desk.call("list_events", { from: 0, ...params }, { client });
      expect(owners(events.filter(({ workspace }) => workspace !== undefined))).toEqual(all);
    }
    const named = { workspace: "other/w" };
    expect(owners((await desk.call("job_list", named, { client: AGENT })).jobs)).toEqual(["other/w"]);
    const { events } = await desk.call("list_events", { from: 0, ...named }, { client: AGENT });
    expect(owners(events)).toEqual(["other/w"]);
  });

  test("waiting for news, an agent is not woken by the others'", async () => {
    using desk = await crowd();
    const { cursor } = await desk.call("list_events", {}, { client: AGENT });
    const news = desk.call("list_events", { from: cursor, timeout: 30 }, { client: AGENT });
    await desk.call("load_template", { workspace: "y", auto_review_id: desk.template(1) }, { client: OTHER });
    desk.services.events.append({ type: "job.note", workspace: "other/w", text: "theirs" });
    desk.services.events.append({ type: "job.note", workspace: "claude/w", text: "its own" });
    expect(await news).toMatchObject({ events: [{ text: "its own" }] });
  });
});
