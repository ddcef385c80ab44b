import { expect, test } from "vitest";
import type { DaemonEvent } from "@mtui/core/registry";
import { eventLines } from "../../packages/cli/src/progress/event-lines.ts";
import { job, SLOT, ticket } from "./support/samples.ts";

function lines(fields: Partial<DaemonEvent>, jobs = [job()]): string[] {
  return eventLines({ seq: 1, at: 0, type: "job.host", job: "run-1", ...fields }, jobs);
}

const host = (data: Record<string, unknown>, operation = "run"): string[] =>
  lines({ host: "a", data }, [job({ operation })]);

test("a plain short command says nothing: its result does", () => {
  expect([
    ...lines({ type: "job.state", data: { state: "queued" } }),
    ...lines({ type: "job.state", data: { state: "running" } }),
    ...host({ state: "running", step: "run" }),
    ...host({ state: "ok", step: "run" }),
    ...lines({ type: "job.state", data: { state: "done" } }),
  ]).toEqual([]);
});

test("a host on which it failed is told as it happens", () => {
  const data = { state: "failed", exit: 3, step: "run", message: "The command failed: exit 3." };
  expect(host(data)).toEqual(["run-1 a: failed (exit 3)"]);
  expect(host({ state: "lost", step: "run", message: "The link broke." })).toEqual([
    "run-1 a: lost  The link broke.",
  ]);
});

test("longer operations tell each step and each host that is ready", () => {
  expect(host({ state: "running", step: "install patches" }, "update")).toEqual(["run-1 a: install patches"]);
  expect(host({ state: "running", step: "downgrade" }, "downgrade")).toEqual(["run-1 a: downgrade"]);
  expect(host({ state: "ok", step: "update" }, "validate")).toEqual(["run-1 a: ok  update"]);
  expect(host({ state: "running", step: "reboot" }, "reboot")).toEqual([]);
  expect(host({ state: "ok", step: "reboot" }, "reboot")).toEqual(["run-1 a: ok"]);
});

test("a step that is called as the job goes without saying", () => {
  const lock = [job({ id: "lock-1", operation: "lock" })];
  expect(lines({ job: "lock-1", type: "job.step", text: "lock" }, lock)).toEqual([]);
  expect(lines({ job: "lock-1", type: "job.step", text: "load" }, lock)).toEqual(["lock-1: load"]);
  expect(host({ state: "running", step: "put" }, "put")).toEqual([]);
});

test("of several jobs each end is told, of one alone the result tells it", () => {
  const end = { type: "job.state", data: { state: "failed", error: { message: "broken" } } };
  expect(lines(end)).toEqual([]);
  expect(lines({ type: "job.state", data: { state: "cancelling" } })).toEqual(["run-1: cancelling"]);
  expect(lines({ type: "ticket.failed", text: "broken" })).toEqual([]);
  expect(lines(end, [job(), job({ id: "run-2" })])).toEqual(["run-1: failed: broken"]);
});

test.each([
  [0, "run-1: connecting hosts for SLES 15-SP6 x86_64 (a: being connected)"],
  [2, "run-1: number 2 in the queue for SLES 15-SP6 x86_64 (a: being connected)"],
])("a ticket at place %i", (position, line) => {
  const candidates = [{ host: "a", state: "own" as const, why_not: "being connected" }];
  const waiting = ticket({ position, slots: [{ slot: SLOT, candidates }] });
  expect(lines({ type: "job.ticket" }, [job({ ticket: waiting })])).toEqual([line]);
});
