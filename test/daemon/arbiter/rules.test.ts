import { describe, expect, test } from "vitest";
import { Machine } from "./machine.ts";
import { foreign } from "./shell-lab.ts";

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
