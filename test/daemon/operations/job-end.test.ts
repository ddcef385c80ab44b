import { describe, expect, test } from "vitest";
import { EventLog } from "../../../packages/daemon/src/events/index.ts";
import { Job } from "../../../packages/daemon/src/jobs/index.ts";
import { jobEnd } from "../../../packages/daemon/src/operations/job-end.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

function jobOf(options: { cancelled?: boolean } = {}): Job {
  const clock = new VirtualClock();
  const request = { operation: "run", command: "run true", workspace: "default", rrid: null };
  const job = new Job("run-1", { request, clock, events: new EventLog({ clock }) });
  job.running();
  if (options.cancelled) job.cancel("by hand");
  return job;
}

type State = Parameters<typeof jobEnd>[1]["hosts"][number]["state"];

function hosts(...states: State[]) {
  return states.map((state, index) => ({ host: `host-${index}`, state, exit: null, error: null }));
}

describe("how a job ended", () => {
  test.each<[State[], boolean, string]>([
    [["ok", "ok"], false, "done"],
    [["ok", "failed"], false, "failed"],
    [["ok", "timeout"], false, "failed"],
    [["ok", "unreachable"], false, "failed"],
    [["ok", "lost"], false, "lost"],
    [["failed", "lost"], false, "failed"],
    // Nothing on any host is no success.
    [[], false, "failed"],
    [["ok", "notRun"], false, "failed"],
    // A cancel hides neither a failure nor a loss, nor is it hidden by hosts that ended well.
    [["ok", "cancelled", "notRun"], true, "cancelled"],
    [["ok", "failed", "notRun"], true, "failed"],
    [["lost", "cancelled"], true, "lost"],
    [["ok", "ok"], true, "done"],
  ])("%j, cancelled %s: %s", (states, cancelled, expected) => {
    const job = jobOf({ cancelled });
    const end = jobEnd(job, { hosts: hosts(...states), result: { some: "evidence" } });
    expect(end).toMatchObject({ state: expected, result: { some: "evidence" } });
    expect(end.error === undefined).toBe(expected === "done");
  });

  test.each([
    ["not_ended", "cancelled"],
    ["unreachable", "lost"],
  ])("a host that could not be reached for the cancel (%s): %s", (reason, expected) => {
    const error = { kind: "host.lost" as const, message: "away", retryable: false, data: { reason } };
    const away = { host: "away", state: "lost" as const, exit: null, error };
    const end = jobEnd(jobOf({ cancelled: true }), { hosts: [away, ...hosts("ok")], result: null });
    expect(end).toMatchObject({ state: expected, error: { data: { hosts: { away: "lost" } } } });
    // Another loss beside it is still one.
    const both = jobEnd(jobOf({ cancelled: true }), { hosts: [away, ...hosts("lost")], result: null });
    expect(both.state).toBe("lost");
  });

  test("a host that did all and whose update is FAILED is no success; one that was not tested is", () => {
    const [good, bad] = hosts("ok", "ok");
    const ended = (verdict: "FAILED" | "NOT_TESTED") =>
      jobEnd(jobOf(), {
        hosts: [
          { ...good!, verdict: "PASSED" },
          { ...bad!, verdict },
        ],
        result: null,
      });
    expect(ended("FAILED")).toMatchObject({
      state: "failed",
      error: { message: "1 of 2 hosts did not end well: host-1 FAILED." },
    });
    expect(ended("NOT_TESTED").state).toBe("done");
  });

  test("the error names each host that did not end well", () => {
    const failed = {
      host: "ant",
      state: "failed" as const,
      exit: 4,
      error: { kind: "operation.failed" as const, message: "no such package", retryable: false },
    };
    const { error } = jobEnd(jobOf(), { hosts: [...hosts("ok"), failed], result: null });
    expect(error?.message).toBe("1 of 2 hosts did not end well: ant failed (exit 4): no such package.");
  });

  test("it stays readable: an exit code is said once, and only the first hosts have a name", () => {
    const failed = Array.from({ length: 10 }, (_, index) => ({
      host: `h${index}`,
      state: "failed" as const,
      exit: 3,
      error: { kind: "operation.failed" as const, message: "The command failed: exit 3.", retryable: false },
    }));
    const { error } = jobEnd(jobOf(), { hosts: failed, result: null });
    expect(error?.message).toMatch(/^10 of 10 hosts did not end well: h0 failed \(exit 3\); h1 failed/);
    expect(error?.message).toMatch(/; h7 failed \(exit 3\); 2 more\.$/);
  });
});
