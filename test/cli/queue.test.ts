import { describe, expect, test } from "vitest";
import type { ResultOf } from "@mtui/core/registry";
import { mtuictl } from "./support/cli.ts";
import { fakeIo, NOW } from "./support/fake-io.ts";
import { SLOT, ticket } from "./support/samples.ts";

type Queue = ResultOf<"list_queue">;

const MINUTE = 60_000;
const CLAIM: Queue["claims"][number] = {
  id: "c1",
  host: "a",
  key: "a:22",
  workspace: "w1",
  rrid: "SUSE:Maintenance:1:2",
  state: "claimed",
  since: NOW - 12 * MINUTE,
  lease_until: NOW + 8 * 60 * MINUTE,
  job: "validate-1",
  operation: "validate",
  step: "update",
  reason: null,
  slots: [SLOT],
};
const EMPTY: Queue = { claims: [], tickets: [], hosts: [], cursor: 1 };

test("a lease reads the same in the queue and in the list of workspaces", async () => {
  const { lease_until } = CLAIM;
  const desk = { workspace: "w1", state: "loaded" as const, rrid: null, hosts: ["a"], jobs: [], lease_until };
  const { out } = await mtuictl(["list-workspaces"], { script: { list_workspaces: { workspaces: [desk] } } });
  expect(out).toContain("  8 h\n");
  const { out: queue } = await mtuictl(["queue"], { script: { list_queue: { ...EMPTY, claims: [CLAIM] } } });
  expect(queue).toContain("  8 h    c1 ");
});

test("who has which host since when, what is done with it, and until when", async () => {
  const releasing: Queue["claims"][number] = {
    ...CLAIM,
    id: "c2",
    host: "b",
    state: "releasing",
    since: NOW - 26 * 60 * MINUTE,
    lease_until: null,
    job: null,
    step: null,
    reason: "no answer\u001b[2J",
    slots: [],
  };
  const { out } = await mtuictl(["queue"], {
    script: { list_queue: { ...EMPTY, claims: [CLAIM, releasing] } },
  });
  expect(out).toBe(
    `host  state      workspace  update                since                           doing               lease  claim  test target
a     claimed    w1         SUSE:Maintenance:1:2  11:48Z, for 12 min              validate-1: update  8 h    c1     SLES 15-SP6 x86_64
b     releasing  w1         SUSE:Maintenance:1:2  2026-11-21 10:00Z, for 1 d 2 h  no answer           -      c2     -

Nobody waits.
`,
  );
});

test("who waits, for how long still, and why each candidate is not free", async () => {
  const waiting = ticket({
    position: 2,
    workspace: "w2",
    job: "add_host-3",
    since: NOW - 65_000,
    until: NOW + 10 * MINUTE,
  });
  const { out } = await mtuictl(["queue"], { script: { list_queue: { ...EMPTY, tickets: [waiting] } } });
  expect(out).toBe(
    `No host is claimed.

w2: number 2 in the queue for 65 s (add_host-3), gives up at 12:10Z, in 10 min
  for SLES 15-SP6 x86_64
    a: held by w1
`,
  );
});

test("a host that was asked for by name stands for no test target", async () => {
  const slot = { product: "", version: "", arch: "", addons: [] };
  const waiting = ticket({ slots: [{ slot, candidates: [] }] });
  const { out } = await mtuictl(["queue"], { script: { list_queue: { ...EMPTY, tickets: [waiting] } } });
  expect(out).toContain("w: number 1 in the queue for 0 s\n  for a host by name\n");
});

test("hosts that nobody can have, also when nobody waits for them", async () => {
  const hosts: Queue["hosts"] = [
    {
      host: "q",
      key: "q:22",
      state: "quarantined",
      reason: "ssh: refused",
      since: NOW - 3 * MINUTE,
      next_try: NOW + MINUTE,
    },
    { host: "f", key: "f:22", state: "foreign", reason: "bob", since: null, next_try: NOW },
    { host: "r", key: "r:22", state: "releasing", reason: "said above", since: NOW, next_try: NOW },
  ];
  const { out } = await mtuictl(["queue"], { script: { list_queue: { ...EMPTY, hosts } } });
  expect(out).toBe(
    `No host is claimed.

Nobody waits.

not available  state        since              next try         why
q              quarantined  11:57Z, for 3 min  12:01Z, in 60 s  ssh: refused
f              foreign      -                  12:00Z, now      bob
`,
  );
});

describe("queue --watch", () => {
  /** Answers the list as the queue stands, and the wait when something has happened. */
  function living(states: Queue[], io: ReturnType<typeof fakeIo>) {
    const waits: unknown[] = [];
    let listed = 0;
    return {
      waits,
      list_queue: () => states[Math.min(listed++, states.length - 1)] ?? EMPTY,
      list_events: (params: unknown, signal: AbortSignal | undefined) => {
        waits.push(params);
        if (listed < states.length) {
          queueMicrotask(() => setImmediate(() => io.advance(250)));
          return { events: [], cursor: 2, gap: false };
        }
        setImmediate(() => io.interrupt());
        return new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    };
  }

  test("where there is no terminal: once for each change, and 130 at Ctrl-C", async () => {
    const io = fakeIo();
    const renewed = { ...CLAIM, lease_until: NOW + 9 * 60 * MINUTE };
    const { waits, ...script } = living(
      [EMPTY, { ...EMPTY, claims: [CLAIM], cursor: 7 }, { ...EMPTY, claims: [renewed], cursor: 8 }, EMPTY],
      io,
    );
    const { out, code } = await mtuictl(["queue", "--watch"], { io, script });
    expect(code).toBe(130);
    expect(out.match(/^2026-11-22T12:00:0\dZ$/gm)).toHaveLength(3);
    expect(out.match(/^a {5}claimed/gm)).toHaveLength(1);
    expect(waits.map((params) => (params as { from: number }).from)).toEqual([1, 7, 8, 1]);
    expect(waits[0]).toMatchObject({ types: expect.arrayContaining(["claim.*", "ticket.*"]) });
  });

  test("as JSON: one document a line", async () => {
    const io = fakeIo({ tty: true });
    const { out, code } = await mtuictl(["queue", "--watch", "--json"], {
      io,
      script: living([EMPTY, { ...EMPTY, claims: [CLAIM] }], io),
    });
    expect(code).toBe(130);
    const documents = out.trimEnd().split("\n");
    expect(documents.map((line) => (JSON.parse(line) as Queue).claims.length)).toEqual([0, 1]);
  });

  test("on a terminal: drawn over itself within the screen; the last picture stays", async () => {
    const io = fakeIo({ tty: true, rows: 6, columns: 60 });
    const claims = Array.from({ length: 9 }, (_, index) => ({ ...CLAIM, host: `host-${index}` }));
    const { out, code } = await mtuictl(["queue", "--watch"], {
      io,
      script: living([EMPTY, { ...EMPTY, claims }, { ...EMPTY, claims }], io),
    });
    expect(code).toBe(130);
    expect(out).toContain("No host is claimed.\u001b[K");
    expect(out).toContain("… 8 more lines\u001b[K");
    expect(out).not.toContain("host-5\u001b[K");
    const [, last = ""] = out.split("\u001b[J").slice(-2);
    expect(last.split("\n").filter((line) => line.startsWith("host-"))).toHaveLength(9);
  });

  test("a daemon that goes away is an error, not an end", async () => {
    const { code } = await mtuictl(["queue", "--watch"], { script: { list_queue: EMPTY }, down: true });
    expect(code).toBe(5);
  });
});

describe("events", () => {
  const lost = {
    seq: 4,
    at: NOW,
    type: "claim.lost",
    workspace: "w1",
    host: "a",
    text: "taken over by workspace w2: urgent\u001b[2J",
    data: { claim: "c1" },
  };
  const queued = { seq: 5, at: NOW, type: "ticket.queued", workspace: "w2", data: { ticket: "t9" } };

  test("a line each, with what it is about", async () => {
    const { out, daemon } = await mtuictl(["events", "--type", "claim.*", "-t", "a", "-n", "10"], {
      script: { list_events: { events: [lost, queued], cursor: 6, gap: true } },
    });
    expect(out).toBe(`... events between are not kept any more
2026-11-22T12:00:00.000Z  claim.lost  w1  a  taken over by workspace w2: urgent
2026-11-22T12:00:00.000Z  ticket.queued  w2  t9
`);
    expect(daemon.calls).toEqual([
      { method: "list_events", params: { types: ["claim.*"], hosts: ["a"], last: 10 } },
    ]);
  });

  test("followed from the latest ones on, as JSON one event a line, until Ctrl-C", async () => {
    const io = fakeIo();
    const asked: unknown[] = [];
    const { out, code } = await mtuictl(["events", "--follow", "--json"], {
      io,
      script: {
        list_events: (params, signal) => {
          asked.push(params);
          if (asked.length === 1) return { events: [lost], cursor: 5, gap: false };
          if (asked.length === 2) return { events: [queued], cursor: 6, gap: false };
          setImmediate(() => io.interrupt());
          return new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(new Error("aborted")));
          });
        },
      },
    });
    expect(code).toBe(130);
    expect(out).toBe(`${JSON.stringify(lost)}\n${JSON.stringify(queued)}\n`);
    expect(asked).toEqual([{}, { from: 5, timeout: 25 }, { from: 6, timeout: 25 }]);
  });
});

test("takeover: who has it now, what was cancelled, what is not done yet", async () => {
  const { out, code, daemon } = await mtuictl(
    ["takeover", "a", "--claim", "c1", "--reason", "urgent", "-w", "w2", "--force"],
    {
      script: {
        takeover: {
          host: "a",
          workspace: "w2",
          claim: "c2",
          from: { workspace: "w1", rrid: null, claim: "c1", since: NOW },
          cancelled_jobs: ["run-1"],
          warnings: ["still at work"],
        },
      },
    },
  );
  expect({ code, out }).toEqual({
    code: 0,
    out: "run-1: cancelled\na is workspace w2's now (claim c2); w1 is told why.\nwarning: still at work\n",
  });
  expect(daemon.calls).toEqual([
    {
      method: "takeover",
      params: { host: "a", claim: "c1", reason: "urgent", workspace: "w2", force: true },
    },
  ]);
});

test("hosts and claims of others are completed with their owners", async () => {
  const script = { list_queue: { ...EMPTY, claims: [CLAIM] } };
  const complete = async (...words: string[]): Promise<string> =>
    (await mtuictl(["__complete", ...words], { script })).out;
  expect(await complete("takeover", "")).toBe("a\tc1 w1 SUSE:Maintenance:1:2\n");
  expect(await complete("takeover", "a", "--claim", "")).toBe("c1\ta w1 SUSE:Maintenance:1:2\n");
});
