import { expect, test } from "vitest";
import type { DaemonEvent, JobView } from "@mtui/core/registry";
import { PlainLines } from "../../packages/cli/src/progress/plain-lines.ts";
import { VirtualClock } from "../daemon/support/virtual-clock.ts";
import { job } from "./support/samples.ts";

const RRID = "SUSE:Maintenance:1:2";
const UPDATE = job({ id: "validate-1", operation: "validate", rrid: RRID, state: "running" });

function plain(jobs: readonly JobView[] = [UPDATE]) {
  const lines: string[] = [];
  const clock = new VirtualClock();
  const told = new PlainLines({ clock, write: (line) => lines.push(line) });
  let seq = 0;
  const take = (type: string, fields: Partial<DaemonEvent>): void =>
    told.take({ events: [{ seq: ++seq, at: 0, type, job: "validate-1", ...fields }], jobs });
  return {
    lines,
    clock,
    told,
    take,
    at: (host: string, step: string, data: object = {}) =>
      take("job.host", { host, data: { state: "running", step, ...data } }),
  };
}

test("hosts that do the same share a line for each step, also where a step comes again", async () => {
  const { lines, take, at, clock } = plain();
  take("job.step", { text: "update" });
  for (const step of ["refresh", "add repository", "refresh"]) for (const host of ["a", "b"]) at(host, step);
  for (const host of ["a", "b"]) take("job.host", { host, data: { state: "ok", step: "update", exit: 0 } });
  await clock.advance(60_000);
  expect(lines).toEqual([
    `${RRID}: update`,
    `${RRID}: refresh`,
    `${RRID}: add repository`,
    `${RRID} a: ok  update`,
    `${RRID} b: ok  update`,
  ]);
});

test("a step that comes again is told again once it lasts, for all hosts together", async () => {
  const { lines, at, clock } = plain();
  for (const step of ["refresh", "list patches", "refresh"]) for (const host of ["a", "b"]) at(host, step);
  await clock.advance(4_999);
  expect(lines).toEqual([`${RRID}: refresh`, `${RRID}: list patches`]);
  await clock.advance(1);
  expect(lines.slice(2)).toEqual([`${RRID}: refresh`]);
  at("a", "list patches");
  await clock.advance(60_000);
  expect(lines.slice(3)).toEqual([`${RRID}: list patches`]);
});

test("a step that is called as the job's own goes without saying", () => {
  const { lines, take, at } = plain();
  take("job.step", { text: "downgrade" });
  at("a", "downgrade");
  expect(lines).toEqual([`${RRID}: downgrade`]);
});

test("hosts that are long at a step for the first time are no news", async () => {
  const { lines, at, clock } = plain();
  for (const host of ["a", "b"]) at(host, "install patches");
  await clock.advance(600_000);
  expect(lines).toEqual([`${RRID}: install patches`]);
});

test("what is not the way of things is told for each host, however often", () => {
  const { lines, take, at } = plain();
  const locked = { state: "notRun", step: "wait for lock", message: "locked by bob" };
  const failed = { state: "failed", step: "update", exit: 4, message: "The command failed: exit 4." };
  for (const host of ["a", "b"]) {
    take("job.host", { host, data: locked });
    at(host, "install patches");
    take("job.host", { host, data: failed });
  }
  const told = ["wait for lock  locked by bob", "update  The command failed: exit 4."];
  expect(lines).toEqual([
    `${RRID} a: not run  ${told[0]}`,
    `${RRID}: install patches`,
    `${RRID} a: failed (exit 4)  ${told[1]}`,
    `${RRID} b: not run  ${told[0]}`,
    `${RRID} b: failed (exit 4)  ${told[1]}`,
  ]);
});

test("the hosts that a job has got are told together; jobs do not share their steps", () => {
  const other = job({ id: "validate-2", operation: "validate", rrid: "SUSE:Maintenance:3:4" });
  const { lines, take, at } = plain([UPDATE, other]);
  take("claim.granted", { host: "b" });
  take("claim.granted", { host: "a\u001b[31m" });
  take("ticket.granted", {});
  at("a", "refresh");
  take("job.host", { job: "validate-2", host: "c", data: { state: "running", step: "refresh" } });
  expect(lines).toEqual([`${RRID}: has a, b`, `${RRID}: refresh`, "SUSE:Maintenance:3:4: refresh"]);
});

test("nothing is told after the end", async () => {
  const { lines, told, at, clock } = plain();
  at("a", "refresh");
  at("a", "refresh");
  told[Symbol.dispose]();
  await clock.advance(60_000);
  expect(lines).toEqual([`${RRID}: refresh`]);
  expect(clock.pending).toBe(0);
});
