import { describe, expect, test } from "vitest";
import { Machine } from "./machine.ts";
import { foreign } from "./shell-lab.ts";

const now = { own: 0, foreign: 0 };

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
