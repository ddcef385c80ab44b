import { expect, test } from "vitest";
import { leftLines } from "../../packages/cli/src/render/left-by-stop.ts";

const NOTHING = {
  by: "request" as const,
  waitingJobs: [],
  workingJobs: [],
  releasedHosts: [],
  stuckJobs: [],
  unreleased: [],
};

test("a daemon that leaves nothing says nothing", () => expect(leftLines(NOTHING)).toEqual([]));

test("which hosts were given back, which keep working, and what is left over", () => {
  const unreleased = [{ host: "d\u001b[2J", reason: "no answer", hint: "mtuictl daemon start" }];
  expect(
    leftLines({
      by: "SIGKILL",
      waitingJobs: ["add_host-2"],
      workingJobs: [
        { job: "run-1", hosts: ["e", "f"] },
        { job: "run-2", hosts: [] },
      ],
      releasedHosts: ["c", "a"],
      stuckJobs: ["run-3"],
      unreleased,
    }),
  ).toEqual([
    "Killed, it could not release its locks on hosts: the next mtuid takes them up (mtuictl queue).",
    "Jobs that begin again when mtuid starts: add_host-2",
    "Given back, since nothing was at work there: a, c (mtuictl add-host takes hosts again)",
    "run-1 goes on on e, f. Come back: mtuictl job follow run-1",
    "run-2 goes on. Come back: mtuictl job follow run-2",
    "run-3 did not end: its commands may still run on its hosts.",
    "d was not released: no answer",
    "      mtuictl daemon start",
  ]);
});
