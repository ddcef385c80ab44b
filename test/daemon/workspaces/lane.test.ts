import { describe, expect, test } from "vitest";
import { Lane } from "../../../packages/daemon/src/workspaces/lane.ts";
import { settle } from "../support/virtual-clock.ts";

describe("a workspace's lane", () => {
  test("runs one mutation after another, in order of arrival", async () => {
    const lane = new Lane();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const a = lane.run(async () => {
      seen.push("a starts");
      await first.promise;
      seen.push("a ends");
    });
    const b = lane.run(async () => void seen.push("b"));
    const c = lane.run(async () => void seen.push("c"));
    await settle();
    expect(seen).toEqual(["a starts"]);
    first.resolve();
    await Promise.all([a, b, c]);
    expect(seen).toEqual(["a starts", "a ends", "b", "c"]);
  });

  test("a waiter that is cancelled leaves at once and holds up nobody", async () => {
    const lane = new Lane();
    const first = Promise.withResolvers<void>();
    const abort = new AbortController();
    const a = lane.run(() => first.promise);
    const b = lane.run(async () => "never", { signal: abort.signal });
    const c = lane.run(async () => "c");
    abort.abort(new Error("cancelled"));
    await expect(b).rejects.toThrow("cancelled");
    expect(lane.pending).toBe(2);
    first.resolve();
    await a;
    expect(await c).toBe("c");
    expect(lane.pending).toBe(0);
  });

  test("a failure passes the lane on", async () => {
    const lane = new Lane();
    await expect(lane.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await lane.run(async () => "next")).toBe("next");
  });
});
