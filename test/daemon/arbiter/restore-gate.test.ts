import { expect, test } from "vitest";
import { settle } from "../support/virtual-clock.ts";
import { type Place, RestoreGate } from "../../../packages/daemon/src/arbiter/restore-gate.ts";

const place = (id: string, tag: number, seq: number): Place => ({ id, tag, seq, since: 0, overtaken: 0 });

function gateOf(...places: Place[]): {
  gate: RestoreGate;
  order: string[];
  ask: (job: string | null) => void;
} {
  const gate = new RestoreGate(new Map(places.map((each) => [each.id, each])));
  const order: string[] = [];
  const ask = (job: string | null): void => {
    const entering = gate.enter(job);
    if (entering instanceof Promise) void entering.then(() => order.push(job ?? "nobody"));
    else order.push(job ?? "nobody");
  };
  return { gate, order, ask };
}

test("lets those who waited in by their former rank, newcomers last", async () => {
  const { order, ask } = gateOf(place("a", 0, 1), place("b", 0, 2), place("c", 1, 3));
  for (const job of ["new", "c", null, "b", "a"]) ask(job);
  await settle();
  expect(order).toEqual(["a", "b", "c", "new", "nobody"]);
});

test("does not wait for those who are not coming", async () => {
  const { gate, order, ask } = gateOf(place("a", 0, 1), place("b", 0, 2));
  ask("b");
  await settle();
  expect(order).toEqual([]);
  expect([...gate.missing]).toEqual(["a"]);
  gate.notComing("a");
  await settle();
  expect(order).toEqual(["b"]);
});

test("opened by the clock, a late one still has its place; it has it once", () => {
  const { gate } = gateOf(place("a", 0, 1));
  gate.open();
  expect(gate.enter("a")).toEqual(place("a", 0, 1));
  expect(gate.enter("a")).toBeUndefined();
});

test("is open from the beginning when nobody waited", () => {
  const { order, ask } = gateOf();
  ask("x");
  expect(order).toEqual(["x"]);
});
