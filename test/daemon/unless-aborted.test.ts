import { expect, test } from "vitest";
import { unlessAborted } from "../../packages/daemon/src/unless-aborted.ts";

function call() {
  const work = Promise.withResolvers<string>();
  const abort = new AbortController();
  const late: string[] = [];
  const answer = unlessAborted(work.promise, { signal: abort.signal, late: (value) => late.push(value) });
  const settled = answer.catch((thrown: unknown) => thrown);
  return { work, abort, late, settled };
}
const CANCELLED = expect.objectContaining({ kind: "request.cancelled" });

test("an answer goes to the caller, or to `late`, and never to both", async () => {
  const inTime = call();
  inTime.work.resolve("a");
  expect(await inTime.settled).toBe("a");
  inTime.abort.abort();
  expect(inTime.late).toEqual([]);

  const tooLate = call();
  tooLate.abort.abort();
  expect(await tooLate.settled).toEqual(CANCELLED);
  tooLate.work.resolve("b");
  await tooLate.work.promise;
  expect(tooLate.late).toEqual(["b"]);

  const atOnce = call();
  atOnce.work.resolve("c");
  atOnce.abort.abort();
  expect(await atOnce.settled).toEqual(CANCELLED);
  expect(atOnce.late).toEqual(["c"]);
});

test("a failure that nobody waits for is nobody's", async () => {
  const failed = call();
  failed.work.reject(new Error("no"));
  expect(await failed.settled).toEqual(new Error("no"));
  const gone = call();
  gone.abort.abort();
  gone.work.reject(new Error("no"));
  expect(await gone.settled).toEqual(CANCELLED);
});
