import { expect, it } from "vitest";
import { fanOut } from "../../packages/daemon/src/fan-out.ts";

it("slides: a slow item holds up nothing but its own place", async () => {
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const done: number[] = [];
  let running = 0;
  let most = 0;
  const all = fanOut([0, 1, 2, 3, 4], {
    limit: 2,
    work: async (item) => {
      running += 1;
      most = Math.max(most, running);
      await (item === 0 ? slow : Promise.resolve());
      running -= 1;
      done.push(item);
      if (item === 4) release();
      return item * 10;
    },
  });
  expect(await all).toEqual([0, 10, 20, 30, 40]);
  expect(done).toEqual([1, 2, 3, 4, 0]);
  expect(most).toBe(2);
});

it("awaits everything before it throws", async () => {
  const done: number[] = [];
  const all = fanOut([0, 1, 2], {
    limit: 1,
    work: async (item) => {
      if (item === 0) throw new Error("first");
      done.push(item);
    },
  });
  await expect(all).rejects.toThrow("first");
  expect(done).toEqual([1, 2]);
});
