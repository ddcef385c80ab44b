import { describe, expect, test } from "vitest";
import { Machine } from "./machine.ts";
import { dirty, foreign, unreachable } from "./shell-lab.ts";

const now = { own: 0, foreign: 0 };

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
