import { describe, expect, test } from "vitest";
import { Machine } from "./machine.ts";

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
