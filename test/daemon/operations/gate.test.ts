import { describe, expect, test } from "vitest";
import { Gate } from "../../../packages/daemon/src/operations/gate.ts";
import { settle } from "../support/virtual-clock.ts";

const never = new AbortController().signal;

describe("the gate of --parallel", () => {
  test("lets so many in, and the next as soon as one leaves, in order", async () => {
    const gate = new Gate(2);
    const running: string[] = [];
    const ends = new Map<string, () => void>();
    const enter = (name: string) =>
      gate.run(
        async () => {
          running.push(name);
          await new Promise<void>((resolve) => ends.set(name, resolve));
        },
        { signal: never },
      );
    const all = ["a", "b", "c", "d"].map(enter);
    await settle();
    expect(running).toEqual(["a", "b"]);
    ends.get("b")?.();
    await settle();
    expect(running).toEqual(["a", "b", "c"]);
    for (const name of ["a", "c"]) ends.get(name)?.();
    await settle();
    ends.get("d")?.();
    await Promise.all(all);
    expect(running).toEqual(["a", "b", "c", "d"]);
  });

  test("a waiter that is cancelled leaves its place to the next", async () => {
    const gate = new Gate(1);
    const first = Promise.withResolvers<void>();
    const abort = new AbortController();
    const a = gate.run(() => first.promise, { signal: never });
    const b = gate.run(async () => "b", { signal: abort.signal });
    const c = gate.run(async () => "c", { signal: never });
    abort.abort(new Error("cancelled"));
    await expect(b).rejects.toThrow("cancelled");
    first.resolve();
    await a;
    expect(await c).toBe("c");
  });

  test("a failure frees the place", async () => {
    const gate = new Gate(1);
    await expect(gate.run(() => Promise.reject(new Error("broken")), { signal: never })).rejects.toThrow(
      "broken",
    );
    expect(await gate.run(async () => "next", { signal: never })).toBe("next");
  });
});
