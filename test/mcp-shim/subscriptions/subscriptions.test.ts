import { describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import type { DaemonEvent, ParamsOf } from "@mtui/core/registry";
import { EventLog } from "../../../packages/daemon/src/events/index.ts";
import { MOST_URIS } from "../../../packages/mcp-shim/src/subscriptions/wishes.ts";
import { VirtualClock } from "../../daemon/support/virtual-clock.ts";
import { type FakeClient, fakeClient } from "../support/fake-client.ts";
import { session } from "../support/session.ts";

const RRID = "SUSE:Maintenance:1:2";
const QUEUE = "mtui://queue";
const OUTPUT = "mtui://job/run-1/output";
const LOG = "mtui://host/desk/a1/log";
const REPORT = `mtui://report/${RRID}`;

type Event = Omit<DaemonEvent, "seq" | "at">;

const GRANTED: Event = { type: "claim.granted", workspace: "me/desk", host: "a1" };
const PRINTED: Event = { type: "job.output", workspace: "me/desk", host: "a1", job: "run-1", text: "x" };
const AT_WORK: Event = { type: "job.host", workspace: "me/desk", host: "a1", job: "run-1" };
const WRITTEN: Event = { type: "report.written", workspace: "you/desk", data: { rrid: RRID, path: "log" } };
const ENDED: Event = { type: "job.state", workspace: "me/desk", job: "run-1", data: { state: "done" } };

/** A daemon's events, as `list_events` gives them. */
function daemon(log: EventLog): FakeClient {
  return fakeClient({
    list_events: ({ params }, { signal }) => {
      const { types, output, from, timeout } = params as ParamsOf<"list_events">;
      const filter = { types, output };
      if (from === undefined) return log.latest(0, filter);
      return log.wait(from, { ...filter, timeoutMs: timeout * 1000, ...(signal ? { signal } : {}) });
    },
    list_templates: () => ({ templates: [{ rrid: RRID, workspace: "me/desk", hosts: ["a1"] }] }),
  });
}

/** A client that hears of `uris`, past the first time that it is told of each. */
async function listening(uris: readonly string[]) {
  const clock = new VirtualClock();
  const log = new EventLog({ clock });
  const lives = [daemon(log)];
  const dialled: boolean[] = [];
  let up = true;
  const mcp = await session(async ({ start }) => {
    dialled.push(start);
    const life = lives.at(-1);
    if (!up || life === undefined) throw new MtuiError("daemon.unreachable", "mtuid is not there.");
    return life;
  });
  const told: string[] = [];
  mcp.client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
    told.push(params.uri);
  });
  const advance = async (ms: number): Promise<void> => {
    for (let past = 0; past < ms; past += 250) {
      await mcp.clock.advance(250);
      await clock.advance(250);
    }
  };
  for (const uri of uris) await mcp.client.subscribeResource({ uri });
  await advance(3000);
  const first = told.splice(0);
  return {
    mcp,
    log,
    told,
    first,
    dialled,
    lives,
    advance,
    set up(value: boolean) {
      up = value;
    },
    /** What was asked of the events, by every life. */
    get polls() {
      return lives.flatMap(({ asked }) => asked).filter(({ method }) => method === "list_events");
    },
    async after(...events: Event[]): Promise<string[]> {
      for (const event of events) log.append(event);
      await advance(2000);
      return told.splice(0).toSorted();
    },
    [Symbol.asyncDispose]: () => mcp[Symbol.asyncDispose](),
  };
}

describe("a subscription", () => {
  test("is told once at the beginning, and then of what may have changed it", async () => {
    await using one = await listening([QUEUE, OUTPUT, LOG, REPORT]);
    expect(one.first).toContain(QUEUE);
    expect(await one.after(GRANTED)).toEqual([QUEUE]);
    expect(await one.after(PRINTED)).toEqual([OUTPUT]);
    expect(await one.after(AT_WORK)).toEqual([LOG, OUTPUT]);
    expect(await one.after(ENDED)).toEqual([OUTPUT, REPORT]);
    expect(await one.after({ type: "workspace.closed", workspace: "me/desk" })).toEqual([QUEUE, REPORT]);
    expect(await one.after({ type: "host.quarantined", host: "a1" })).toEqual([QUEUE]);
  });

  test("of a report is told when its file is written, from whatever workspace", async () => {
    const [other, diff] = [`mtui://report/SUSE:Maintenance:3:4`, `${REPORT}/source.diff`];
    await using one = await listening([REPORT, `${REPORT}/log`, diff, other]);
    expect(await one.after(WRITTEN)).toEqual([REPORT, `${REPORT}/log`]);
    // Some of its files.
    expect(await one.after({ ...WRITTEN, data: { rrid: RRID } })).toEqual([REPORT, `${REPORT}/log`, diff]);
  });

  test("is not told of what is none of its business", async () => {
    await using one = await listening([QUEUE, OUTPUT, LOG, REPORT]);
    const others: Event[] = [
      { ...GRANTED, workspace: "you/desk" },
      { ...PRINTED, job: "run-2" },
      { ...AT_WORK, job: "run-2", host: "a2" },
      { ...AT_WORK, job: "run-2", workspace: "you/desk" },
      { ...ENDED, job: "run-2", workspace: "me/other" },
    ];
    expect(await one.after(...others)).toEqual([]);
  });

  test("is told at most once a second, however much happens", async () => {
    await using one = await listening([OUTPUT]);
    for (let at = 0; at < 40; at++) {
      one.log.append(PRINTED);
      await one.advance(250);
    }
    expect(one.told.length).toBeGreaterThanOrEqual(8);
    expect(one.told.length).toBeLessThanOrEqual(11);
  });

  test("shares one reader with all others, which asks for output only where somebody wants it", async () => {
    await using one = await listening([QUEUE, LOG]);
    expect(one.polls.at(-1)?.params).toMatchObject({ output: false });
    const before = one.polls.length;
    await one.advance(20_000);
    expect(one.polls.length - before).toBe(0);
    await one.mcp.client.subscribeResource({ uri: OUTPUT });
    // What happens before the reader has turned to it is not lost.
    expect(await one.after(PRINTED)).toEqual([OUTPUT]);
    expect(one.polls.at(-1)?.params).toMatchObject({ output: true });
  });

  test("that is the last one takes the reader with it", async () => {
    await using one = await listening([QUEUE, LOG]);
    await one.mcp.client.unsubscribeResource({ uri: QUEUE });
    expect(await one.after(GRANTED, AT_WORK)).toEqual([LOG]);
    await one.mcp.client.unsubscribeResource({ uri: LOG });
    const polls = one.polls.length;
    await one.advance(60_000);
    expect(await one.after(AT_WORK)).toEqual([]);
    expect(one.polls).toHaveLength(polls);
  });

  test("ends with the session", async () => {
    await using one = await listening([QUEUE]);
    await one.mcp.client.close();
    const polls = one.polls.length;
    one.log.append(GRANTED);
    await one.advance(60_000);
    expect(one.polls).toHaveLength(polls);
  });

  test("outlives the daemon, starts none, and is told everything when there is one again", async () => {
    await using one = await listening([QUEUE]);
    one.up = false;
    one.lives.at(-1)?.lose();
    await one.advance(120_000);
    expect(one.told).toEqual([]);
    const next = new EventLog({ clock: one.mcp.clock });
    for (let at = 0; at < 50; at++) next.append(GRANTED);
    one.lives.push(daemon(next));
    one.up = true;
    await one.advance(20_000);
    expect(one.told).toEqual([QUEUE]);
    expect(new Set(one.dialled)).toEqual(new Set([false]));
  });

  test("is told everything after a gap", async () => {
    await using one = await listening([QUEUE, OUTPUT]);
    const text = "x".repeat(64 * 1024);
    // More than the log keeps, within one pause of the reader.
    for (let at = 0; at < 100; at++) one.log.append({ ...PRINTED, job: "run-2", text });
    expect(await one.after()).toEqual([OUTPUT, QUEUE]);
  });

  test("is bounded in number, and about something", async () => {
    await using one = await listening([]);
    const { client } = one.mcp;
    await expect(client.subscribeResource({ uri: "mtui://nothing" })).rejects.toThrow("mtui://nothing");
    expect(one.polls).toEqual([]);
    for (let at = 0; at < MOST_URIS; at++)
      await client.subscribeResource({ uri: `mtui://job/run-${at}/output` });
    await client.subscribeResource({ uri: OUTPUT });
    await expect(client.subscribeResource({ uri: QUEUE })).rejects.toThrow(String(MOST_URIS));
    await client.unsubscribeResource({ uri: OUTPUT });
    await client.subscribeResource({ uri: QUEUE });
  });
});
