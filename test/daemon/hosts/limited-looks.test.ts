import { describe, expect, test } from "vitest";
import { limitLooks } from "../../../packages/daemon/src/hosts/limited-looks.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

/** Hosts that answer when told to; what is being looked at, in order. */
function scene(limits: { parallel?: number } = {}) {
  const clock = new VirtualClock();
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<string>>();
  const aborted: string[] = [];
  const ask = limitLooks(
    (name, signal) => {
      begun.push(name);
      signal.addEventListener("abort", () => aborted.push(name));
      const end = Promise.withResolvers<string>();
      ends.set(name, end);
      return end.promise;
    },
    { clock, ...limits },
  );
  const look = (name: string, signal?: AbortSignal) => ask(name, { key: `${name}:22`, signal });
  return {
    clock,
    begun,
    aborted,
    look,
    ask,
    answer: (name: string) => ends.get(name)?.resolve(`${name} is free`),
  };
}

describe("looks at hosts", () => {
  test("are so many at a time, in the order asked", async () => {
    const { begun, look, answer } = scene({ parallel: 2 });
    const all = Promise.all(["a", "b", "c"].map((name) => look(name)));
    await settle();
    expect(begun).toEqual(["a", "b"]);
    answer("b");
    await settle();
    expect(begun).toEqual(["a", "b", "c"]);
    answer("a");
    answer("c");
    expect(await all).toEqual(["a is free", "b is free", "c is free"]);
  });

  test("at dead hosts give their places back, and hold up no answer of the others", async () => {
    const { clock, begun, aborted, look, answer } = scene({ parallel: 2 });
    const dead = look("dead").catch((thrown: unknown) => thrown);
    const alive = look("a");
    const late = look("b");
    await settle();
    answer("a");
    expect(await alive).toBe("a is free");
    await settle();
    answer("b");
    expect(await late).toBe("b is free");
    await clock.advance(14_999);
    expect(aborted).toEqual([]);
    await clock.advance(1);
    expect(await dead).toMatchObject({
      kind: "host.unreachable",
      message: "dead did not answer within 15 s.",
    });
    expect(aborted).toEqual(["dead"]);
    // The limit counts from the place, not from the question.
    const [one, two, three] = ["x", "y", "z"].map((name) => look(name).catch((thrown: unknown) => thrown));
    await clock.advance(15_000);
    expect(await one).toMatchObject({ kind: "host.unreachable" });
    expect(await two).toMatchObject({ kind: "host.unreachable" });
    expect(begun.at(-1)).toBe("z");
    answer("z");
    expect(await three).toBe("z is free");
  });

  test("within a second are one, by whatever name", async () => {
    const { clock, begun, ask, answer } = scene();
    const both = Promise.all([ask("a", { key: "a:22" }), ask("alias", { key: "a:22" })]);
    await settle();
    answer("a");
    expect(await both).toEqual(["a is free", "a is free"]);
    await clock.advance(999);
    expect(await ask("a", { key: "a:22" })).toBe("a is free");
    expect(begun).toEqual(["a"]);
    await clock.advance(1);
    void ask("a", { key: "a:22" });
    await settle();
    expect(begun).toEqual(["a", "a"]);
  });

  test("that failed are not remembered", async () => {
    const { clock, begun, look, answer } = scene();
    const first = look("a").catch((thrown: unknown) => thrown);
    await clock.advance(15_000);
    expect(await first).toMatchObject({ kind: "host.unreachable" });
    const second = look("a");
    await settle();
    answer("a");
    expect(await second).toBe("a is free");
    expect(begun).toEqual(["a", "a"]);
  });

  test("go on for the others when one gives up, and end when nobody wants them", async () => {
    const { aborted, look, answer } = scene();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = look("a", one.signal).catch((thrown: unknown) => thrown);
    const second = look("a", two.signal);
    await settle();
    one.abort(new Error("gone"));
    expect(await first).toMatchObject({ kind: "request.cancelled", cause: { message: "gone" } });
    expect(aborted).toEqual([]);
    answer("a");
    expect(await second).toBe("a is free");
    const last = look("b", two.signal).catch((thrown: unknown) => thrown);
    await settle();
    two.abort(new Error("gone too"));
    expect(await last).toMatchObject({ kind: "request.cancelled" });
    expect(aborted).toEqual(["b"]);
  });

  test("that wait for a place are given up too", async () => {
    const { begun, look, answer } = scene({ parallel: 1 });
    const first = look("a");
    const abort = new AbortController();
    const second = look("b", abort.signal).catch((thrown: unknown) => thrown);
    await settle();
    abort.abort(new Error("gone"));
    await second;
    answer("a");
    await first;
    await settle();
    expect(begun).toEqual(["a"]);
  });
});
