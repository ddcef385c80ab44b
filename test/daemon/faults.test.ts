import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { onFaults } from "../../packages/daemon/src/faults.ts";

test("what nobody caught is told as an error, whatever was thrown, until nobody listens", () => {
  const source = new EventEmitter();
  const told: string[] = [];
  const stop = onFaults(source, (fault) => told.push(fault.message));
  source.emit("uncaughtException", new Error("one"));
  source.emit("unhandledRejection", "two");
  stop();
  source.emit("unhandledRejection", "three");
  expect(told).toEqual(["one", "two"]);
});
