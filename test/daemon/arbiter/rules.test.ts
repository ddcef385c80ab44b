import { describe, expect, test } from "vitest";
import { Machine } from "./machine.ts";
import { dirty, foreign, unreachable } from "./shell-lab.ts";

const now = { own: 0, foreign: 0 };

describe("matching", () => {
  test.each([
    ["the scarce host is not spent on the generic slot", [["A", "B"], ["A"]], ["B", "A"]],
    ["a chain of three", [["A", "B"], ["B", "C"], ["A"]], ["B", "C", "A"]],
    ["as listed among equals", [["B", "A"]], ["B"]],
    ["two slots that one host alone satisfies share it", [["A"], ["A"]], ["A"]],
    ["they share it only where they must", [["A"], ["A", "B"], ["A"]], ["A", "B"]],
  ])("%s", (_name, slots, hosts) => {
    expect(new Machine().take("w", slots)).toEqual(hosts);
  });

  test("a shared host is reported for both slots", () => {
    const machine = new Machine();
    machine.take("w", [["A"], ["A", "B"], ["A"]]);
    expect(machine.effects).toMatchObject([
      { type: "granted", assigned: [{ slots: [0, 2] }, { slots: [1] }] },
    ]);
  });

  test("the least recently used of equals", () => {
    const machine = new Machine();
    expect(machine.take("w1", [["A", "B"]])).toEqual(["A"]);
    machine.now += 1;
    machine.release("A");
    expect(machine.take("w2", [["A", "B"]])).toEqual(["B"]);
    machine.now += 1;
    machine.release("B");
    expect(machine.take("w3", [["B", "A"]])).toEqual(["A"]);
  });

  test("a preferred host before one that was used longer ago", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.now += 1;
    machine.release("A");
    const candidates = [
      { key: "B", name: "B" },
      { key: "A", name: "A", preferred: true },
    ];
    const slots = [{ slot: { product: "P", version: "1", arch: "x", addons: [] }, candidates }];
    const wait = { own: 0, foreign: 0 };
    machine.send({
      type: "request",
      request: { workspace: "w2", namespace: null, rrid: null, job: null, slots, wait, partial: false },
    });
    expect(machine.attemptOf("t2")?.hosts).toEqual(["A"]);
  });

  test("a host that someone waits for is not taken where another does", () => {
    const machine = new Machine();
    machine.take("w1", [["C"]]);
    machine.ask("w2", [["A"], ["C"]]);
    expect(machine.take("w3", [["A", "B"]])).toEqual(["B"]);
  });
});

describe("whole or nothing", () => {
  test("a fault on one host frees all of the request and the rank stays", () => {
    const machine = new Machine();
    const first = machine.ask("w1", [["A"], ["B"]]);
    const second = machine.ask("w2", [["A"], ["B"]]);
    machine.fail(first, { B: foreign });
    expect([...machine.state.hosts.values()].map(({ holder }) => holder)).toEqual([null, null]);
    expect(machine.order).toEqual([first, second]);
  });

  test("it is matched again at once with what is left", () => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [["A", "B"]]);
    machine.fail(ticket, { A: foreign });
    expect(machine.attemptOf(ticket)?.hosts).toEqual(["B"]);
  });

  test("a late answer of an earlier attempt counts for nothing", () => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [["A", "B"]]);
    machine.fail(ticket, { A: foreign });
    machine.send({ type: "attempted", ticket, attempt: 1, faults: new Map(), jitter: 0 });
    expect(machine.attemptOf(ticket)).toEqual({ attempt: 2, hosts: ["B"] });
  });

  test("a host that came free during the attempt is seen when it fails, whatever became of the others", () => {
    const machine = new Machine();
    machine.take("w1", [["C"]]);
    const ticket = machine.ask("w2", [["A", "C"]]);
    machine.send({ type: "releasing", claim: machine.claimOn("A"), reason: "no answer" });
    machine.release("C");
    machine.fail(ticket, { A: foreign });
    expect(machine.attemptOf(ticket)?.hosts).toEqual(["C"]);
  });

  test("nobody releases a host while it is being acquired", () => {
    const machine = new Machine();
    machine.ask("w1", [["A"]]);
    expect(machine.release("A")).toEqual([]);
    expect(machine.state.hosts.get("A")?.holder?.hold.state).toBe("acquiring");
  });

  test("partial takes what there is and names what it lacks", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    expect(machine.take("w2", [["A"], ["B"]], { partial: true })).toEqual(["B"]);
    expect(machine.effects).toMatchObject([{ type: "granted", unserved: [0] }]);
  });

  test("a host that the workspace has serves its slot again", () => {
    const machine = new Machine();
    machine.take("w1", [["A", "B"]]);
    const ticket = machine.ask("w1", [["A", "B"]]);
    expect(machine.effects).toMatchObject([
      {},
      { type: "granted", ticket, assigned: [], served: [{ claim: "c1", slots: [0] }] },
    ]);
    expect(
      machine.take("w1", [
        ["A", "B"],
        ["A", "B"],
      ]),
    ).toEqual(["B"]);
  });

  test("a host that could not be cleaned after a failed attempt is nobody's until it is released", () => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [["A"], ["B"]]);
    const claim = machine.claimOn("A");
    machine.send({ type: "releasing", claim, reason: "no answer" });
    machine.fail(ticket, { B: foreign });
    expect(machine.state.hosts.get("A")?.holder?.hold.state).toBe("releasing");
    expect(machine.take("w2", [["A"]])).toBeNull();
    machine.send({ type: "release", claim });
    expect(machine.attemptOf("t2")?.hosts).toEqual(["A"]);
  });
});

describe("fairness", () => {
  test("twenty of one namespace, then one of another: it is second", () => {
    const machine = new Machine();
    machine.take("w0", [["A"]]);
    const many = Array.from({ length: 20 }, (_, index) =>
      machine.ask(`x${index}`, [["A"]], { namespace: "x" }),
    );
    const one = machine.ask("y", [["A"]], { namespace: "y" });
    expect(machine.order.slice(0, 3)).toEqual([many[0], one, many[1]]);
    machine.release("A");
    machine.ok(many[0] ?? "");
    machine.release("A");
    expect(machine.attemptOf(one)?.hosts).toEqual(["A"]);
  });

  test("a namespace that asks one by one does not stay ahead of the second of another", () => {
    const machine = new Machine();
    machine.take("w0", [["A"]]);
    machine.take("w1", [["R"]]);
    machine.ask("y1", [["R"]], { namespace: "y" });
    const second = machine.ask("y2", [["A"]], { namespace: "y" });
    let passes = 0;
    for (; machine.attemptOf(second) === null && passes < 5; passes++) {
      const next = machine.ask(`x${passes}`, [["A"]], { namespace: "x" });
      machine.release("A");
      machine.ok(next);
    }
    expect(passes).toBe(2);
  });

  test("a place far back that was given up is forgotten with the next request", () => {
    const machine = new Machine();
    machine.take("w0", [["A"]]);
    const namespace = "x";
    machine.ask("y1", [["A"]], { namespace: "y" });
    const back = [1, 2, 3].map((number) => machine.ask(`x${number}`, [["A"]], { namespace }));
    const error = { kind: "request.cancelled", message: "", retryable: false } as const;
    for (const ticket of back) machine.send({ type: "cancel", ticket, error });
    machine.send({ type: "cancel", ticket: machine.ask("x4", [["A"]], { namespace }), error });
    const third = [1, 2, 3].map((number) => machine.ask(`y1${number}`, [["A"]], { namespace: "y" }))[1];
    const late = machine.ask("x5", [["A"]], { namespace });
    expect(machine.order.indexOf(late)).toBeLessThan(machine.order.indexOf(third ?? ""));
  });

  test("a later request passes where it takes nothing from an earlier one", () => {
    const machine = new Machine({ overtakes: 0 });
    machine.take("w1", [["B"]]);
    machine.ask("w2", [["A"], ["B"]]);
    expect(machine.take("w3", [["A"]])).toBeNull();
    expect(machine.take("w4", [["C"]])).toEqual(["C"]);
  });

  test("a wide request is passed so many times and then kept its host", () => {
    const machine = new Machine({ overtakes: 3 });
    machine.take("w1", [["B"]]);
    const wide = machine.ask("w2", [["A"], ["B"]]);
    const passes: (string[] | null)[] = [];
    for (let round = 0; round < 4; round++) {
      passes.push(machine.take(`x${round}`, [["A"]], { wait: now }));
      machine.release("A");
    }
    expect(passes).toEqual([["A"], ["A"], ["A"], null]);
    expect(machine.ticket(wide)?.overtaken).toBe(3);
    machine.release("B");
    expect(machine.ok(wide)).toEqual(["A", "B"]);
  });

  test("it keeps one host of many, not all that it could use", () => {
    const machine = new Machine({ overtakes: 0 });
    machine.take("w1", [["B"]]);
    machine.ask("w2", [["A1", "A2", "A3"], ["B"]]);
    expect(machine.take("w3", [["A1"]])).toEqual(["A1"]);
    expect(machine.take("w4", [["A2"]])).toEqual(["A2"]);
    expect(machine.take("w5", [["A3"]])).toBeNull();
  });

  test("an attempt that fails has passed nobody", () => {
    const machine = new Machine();
    machine.take("w1", [["B"]]);
    const wide = machine.ask("w2", [["A"], ["B"]]);
    const narrow = machine.ask("w3", [["A"]]);
    expect(machine.ticket(wide)?.overtaken).toBe(1);
    machine.fail(narrow, { A: foreign });
    expect(machine.ticket(wide)?.overtaken).toBe(0);
  });

  test("when a capped waiter takes another host than was kept for it, that one goes to those behind", () => {
    const machine = new Machine({ overtakes: 0 });
    machine.take("w1", [["X"], ["Y"]]);
    const first = machine.ask("w2", [["X"], ["A", "B"]]);
    machine.ask("w3", [["A"], ["Y"]]);
    const third = machine.ask("w4", [["B"]]);
    expect(machine.attemptOf(third)).toBeNull();
    machine.release("X");
    expect(machine.attemptOf(first)?.hosts).toEqual(["X", "A"]);
    expect(machine.attemptOf(third)?.hosts).toEqual(["B"]);
  });

  test("when a capped waiter goes, those behind it get what it kept", () => {
    const machine = new Machine({ overtakes: 0 });
    machine.take("w1", [["B"]]);
    const wide = machine.ask("w2", [["A"], ["B"]]);
    const behind = machine.ask("w3", [["A"]]);
    machine.send({
      type: "cancel",
      ticket: wide,
      error: { kind: "request.cancelled", message: "", retryable: false },
    });
    expect(machine.attemptOf(behind)?.hosts).toEqual(["A"]);
  });
});

describe("several requests of one workspace", () => {
  test("a host that it holds serves both, also while an earlier one of them is kept what it needs", () => {
    const machine = new Machine({ overtakes: 0 });
    machine.take("w1", [["A"]]);
    machine.take("w2", [["B"]]);
    machine.take("w3", [["C"]]);
    machine.ask("w1", [["A"], ["B"], ["F"]]);
    const second = machine.ask("w1", [["A"], ["C"]]);
    machine.release("C");
    expect(machine.attemptOf(second)?.hosts).toEqual(["C"]);
  });

  test("no free host is kept for the second where the held one does", () => {
    const machine = new Machine({ overtakes: 0 });
    machine.take("w1", [["A"]]);
    machine.take("w2", [["B"]]);
    machine.take("w3", [["C"]]);
    machine.take("w4", [["X"]]);
    machine.ask("w1", [["A", "X"], ["B"]]);
    machine.ask("w1", [["A", "X"], ["C"]]);
    const other = machine.ask("w5", [["X"]]);
    machine.release("X");
    expect(machine.attemptOf(other)?.hosts).toEqual(["X"]);
  });
});

describe("waiting", () => {
  test("0 seconds: busy at once, and the message says who", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]], { rrid: "SUSE:Maintenance:1:2" });
    const ticket = machine.ask("w2", [["A"]], { wait: now });
    expect(machine.failure(ticket)).toMatchObject({
      error: {
        kind: "host.busy",
        message:
          "No free host for P0 15-SP6 x86_64: A held by workspace w1 (SUSE:Maintenance:1:2) since 1970-01-01T00:00:01Z.",
        hint: expect.stringContaining("mtuictl close-workspace w1"),
      },
    });
    expect(machine.order).toEqual([]);
  });

  test("an agent is not sent to close what is not its own", () => {
    const machine = new Machine();
    machine.take("agent-a/w", [["A"]]);
    const failed = (workspace: string) => machine.failure(machine.ask(workspace, [["A"]], { wait: now }));
    const close = { error: { hint: expect.stringContaining("mtuictl close-workspace agent-a/w") } };
    const hint = "Wait longer with --wait SECONDS; who holds what: mtuictl queue";
    expect(failed("agent-b/w")).toMatchObject({ error: { hint } });
    expect(failed("agent-a/x")).toMatchObject(close);
    expect(failed("desk")).toMatchObject(close);
  });

  test("own hosts: until the time is over, and no longer", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    const ticket = machine.ask("w2", [["A"]], { wait: { own: 5000, foreign: 0 } });
    expect(machine.state.wakeAt).toBe(machine.now + 5000);
    machine.tick(4999);
    expect(machine.failure(ticket)).toBeUndefined();
    machine.tick(1);
    expect(machine.failure(ticket)).toMatchObject({ error: { kind: "wait.timeout" } });
  });

  test("the wait for foreign locks begins when there is one, and lasts over several polls", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    const ticket = machine.ask("w2", [["A"]], { wait: { own: Number.POSITIVE_INFINITY, foreign: 15_000 } });
    machine.tick(100_000);
    machine.release("A");
    machine.fail(ticket, { A: foreign });
    machine.tick(10_000);
    machine.fail(ticket, { A: foreign });
    machine.tick(4_999);
    expect(machine.failure(ticket)).toBeUndefined();
    machine.tick(1);
    expect(machine.failure(ticket)).toMatchObject({
      error: { kind: "wait.timeout", message: expect.stringContaining("foreign locks") },
    });
  });

  test.each([
    [0, 7_500],
    [0.5, 10_000],
    [0.999, 12_495],
  ])("a foreign lock is looked at again after the poll, spread by %d", (jitter, delay) => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [["A"]]);
    machine.fail(ticket, { A: foreign }, jitter);
    machine.tick(delay - 1);
    expect(machine.attemptOf(ticket)).toBeNull();
    machine.tick(1);
    expect(machine.attemptOf(ticket)?.hosts).toEqual(["A"]);
  });

  test("a new request is a reason to look again, for whoever is first", () => {
    const machine = new Machine();
    const first = machine.ask("w1", [["A"]]);
    machine.fail(first, { A: foreign });
    const second = machine.ask("w2", [["A"]]);
    expect(machine.attemptOf(first)?.hosts).toEqual(["A"]);
    expect(machine.attemptOf(second)).toBeNull();
  });
});

describe("hosts that do not work", () => {
  test.each([
    ["unreachable", unreachable, "host.unreachable"],
    ["dirty", dirty, "host.dirty"],
    [
      "a refused key",
      { ...unreachable, error: { kind: "host.key", message: "changed", retryable: false } } as const,
      "host.key",
    ],
  ])("a request that has no other host fails: %s", (_name, fault, kind) => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [["A"]]);
    machine.fail(ticket, { A: fault });
    expect(machine.failure(ticket)).toMatchObject({
      error: { kind, message: expect.stringContaining("A ") },
    });
  });

  test("two slots that need two hosts of which one works", () => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [
      ["A", "B"],
      ["A", "B"],
    ]);
    machine.fail(ticket, { A: unreachable });
    expect(machine.failure(ticket)).toMatchObject({
      error: { kind: "host.unreachable", data: { hosts: [{ host: "A" }] } },
    });
  });

  test("one that has another host goes on, and probes again with back-off", () => {
    const machine = new Machine();
    machine.take("w1", [["B"]]);
    const ticket = machine.ask("w2", [["A", "B"]]);
    for (const delay of [10_000, 20_000, 40_000]) {
      machine.fail(ticket, { A: unreachable });
      machine.tick(delay - 1);
      expect(machine.attemptOf(ticket)).toBeNull();
      machine.tick(1);
      expect(machine.attemptOf(ticket)?.hosts).toEqual(["A"]);
    }
  });

  test("failures from two workspaces are a quarantine, which only time or a good probe ends", () => {
    const machine = new Machine();
    machine.fail(machine.ask("w1", [["A"]]), { A: unreachable });
    machine.fail(machine.ask("w1", [["A"]]), { A: unreachable });
    expect(machine.state.hosts.get("A")?.health?.kind).toBe("unreachable");
    machine.fail(machine.ask("w2", [["A"]]), { A: unreachable });
    expect(machine.effects).toContainEqual(expect.objectContaining({ type: "quarantined", host: "A" }));
    const refused = machine.ask("w3", [["A"]]);
    expect(machine.failure(refused)).toMatchObject({ error: { kind: "host.unreachable" } });
    machine.send({ type: "health", host: "A", reason: null });
    expect(machine.take("w3", [["A"]])).toEqual(["A"]);
  });

  test("what somebody reported bad stays in quarantine when its next probe fails", () => {
    const machine = new Machine();
    machine.send({ type: "health", host: "A", reason: "its disk is full" });
    machine.tick(40_000);
    machine.fail(machine.ask("w1", [["A"]]), { A: unreachable });
    expect(machine.state.hosts.get("A")?.health?.kind).toBe("quarantined");
    machine.ask("w1", [["A"]]);
    expect(machine.effects).toContainEqual(expect.objectContaining({ type: "failed" }));
  });

  test("what a cancelled attempt says of the connection is not held against the host", () => {
    const machine = new Machine();
    const ticket = machine.ask("w1", [["A"]]);
    machine.send({
      type: "cancel",
      ticket,
      error: { kind: "request.cancelled", message: "", retryable: false },
    });
    expect(machine.effects).toMatchObject([{ type: "abort", ticket }]);
    machine.fail(ticket, { A: unreachable });
    expect(machine.effects).toMatchObject([{ type: "failed", error: { kind: "request.cancelled" } }]);
    expect(machine.state.hosts.get("A")?.health ?? null).toBeNull();
  });
});

describe("deadlock", () => {
  test("a holder that would close the circle is refused and the circle named", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.take("w2", [["B"]]);
    const first = machine.ask("w1", [["B"]]);
    expect(machine.order).toEqual([first]);
    const second = machine.ask("w2", [["A"]]);
    expect(machine.failure(second)).toMatchObject({
      error: {
        kind: "deadlock",
        message: "Waiting would never end: w2 waits for A, held by w1; w1 waits for B, held by w2.",
      },
    });
    expect(machine.order).toEqual([first]);
  });

  test("a way out is no circle", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.take("w2", [["B"]]);
    machine.take("w3", [["C"]]);
    machine.ask("w1", [["B"]]);
    const second = machine.ask("w2", [["A", "C"]]);
    expect(machine.failure(second)).toBeUndefined();
    machine.ask("w3", [["A"]]);
    expect(machine.effects).toContainEqual(
      expect.objectContaining({ type: "failed", error: expect.objectContaining({ kind: "deadlock" }) }),
    );
  });

  test("a workspace is stuck as long as one of its requests is", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.take("w2", [["B"]]);
    machine.take("w3", [["C"]]);
    machine.ask("w1", [["C"]]);
    machine.ask("w1", [["B"]]);
    const last = machine.ask("w2", [["A"]]);
    expect(machine.failure(last)).toMatchObject({ error: { kind: "deadlock" } });
  });

  test("what is only being acquired knots nobody until it is had", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.take("w2", [["D"]]);
    const acquiring = machine.ask("w2", [["B"]]);
    machine.ask("w2", [["A"]]);
    const last = machine.ask("w1", [["B"]]);
    expect(machine.failure(last)).toBeUndefined();
    machine.ok(acquiring);
    expect(machine.failure(last)).toMatchObject({ error: { kind: "deadlock" } });
  });

  test("a takeover that knots two waiters refuses the newer", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.take("w3", [["B"]]);
    machine.ask("w1", [["B"]]);
    const newer = machine.ask("w2", [["A"]]);
    machine.send({
      type: "takeover",
      host: "B",
      claim: machine.claimOn("B"),
      by: { workspace: "w2", rrid: null, job: null },
      reason: "mine",
    });
    expect(machine.failure(newer)).toMatchObject({ error: { kind: "deadlock" } });
  });
});

describe("ends", () => {
  test("closing ends waiting tickets, stops attempts, and leaves the hosts to be cleaned", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.take("w2", [["B"]]);
    const waiting = machine.ask("w1", [["B"]]);
    const trying = machine.ask("w1", [["C"]]);
    machine.send({ type: "close", workspace: "w1" });
    expect(machine.effects.map(({ type }) => type)).toContain("abort");
    expect(machine.ticket(waiting)).toBeUndefined();
    machine.ok(trying);
    expect(machine.effects.map(({ type }) => type)).toEqual(["releasing", "undo"]);
    const holds = ["A", "B", "C"].map((key) => machine.state.hosts.get(key)?.holder?.hold.state);
    expect(holds).toEqual(["releasing", "claimed", "releasing"]);
  });

  test("a takeover names the claim it saw, once", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    const claim = machine.claimOn("A");
    const by = { workspace: "w2", rrid: null, job: null };
    machine.send({ type: "takeover", host: "A", claim, by, reason: "urgent" });
    expect(machine.effects).toMatchObject([
      { type: "takenOver", from: { workspace: "w1" }, to: { workspace: "w2" } },
    ]);
    machine.send({ type: "takeover", host: "A", claim, by: { ...by, workspace: "w3" }, reason: "me too" });
    expect(machine.effects).toMatchObject([{ type: "refused", error: { kind: "host.busy" } }]);
    machine.send({ type: "release", claim });
    expect(machine.state.hosts.get("A")?.holder?.workspace).toBe("w2");
  });

  test("a host that could not be released is tried again with back-off", () => {
    const machine = new Machine();
    machine.take("w1", [["A"]]);
    machine.send({ type: "releasing", claim: machine.claimOn("A"), reason: "no answer" });
    const due: number[] = [];
    for (let second = 1; second <= 70; second++) {
      if (machine.tick(1000).some(({ type }) => type === "releaseDue")) due.push(second);
    }
    expect(due).toEqual([10, 30, 70]);
  });
});
