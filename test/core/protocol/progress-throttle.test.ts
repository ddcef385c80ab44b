import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { progressThrottle } from "../../../packages/core/src/protocol/peer/progress-throttle.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("at most one value an interval, the newest; the last one is not lost", () => {
  const sent: unknown[] = [];
  const { push } = progressThrottle(250, (value) => sent.push(value));
  for (let ms = 0; ms < 1000; ms += 10) {
    push(ms);
    vi.advanceTimersByTime(10);
  }
  expect(sent).toEqual([0, 240, 490, 740, 990]);
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual([0, 240, 490, 740, 990]);
  push("later");
  expect(sent.at(-1)).toBe("later");
});

test("nothing is sent after stop()", () => {
  const sent: unknown[] = [];
  const { push, stop } = progressThrottle(250, (value) => sent.push(value));
  push(1);
  push(2);
  stop();
  push(3);
  vi.advanceTimersByTime(1000);
  expect(sent).toEqual([1]);
});
