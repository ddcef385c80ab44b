import { expect, test } from "vitest";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

test("a command that a cancel did not reach is its job's, when that has not written it down and goes on", async () => {
  using desk = openDesk({ hosts: ["ant", "bee"] });
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  const done = await desk.call("run", { workspace: "w", command: ["true"] });
  const hang = Promise.withResolvers<void>();
  desk.pool.machine("ant").gates.command = () => hang.promise;
  const working = await desk.call("run", { workspace: "w", command: ["work"], background: true });
  await settle();
  const stepOf = ({ job }: { job: { id: string } }): string => `${desk.services.jobs.get(job.id).trace}.1`;
  const rows = {
    theirs: `ant:22 ${stepOf(working)}`,
    ended: `ant:22 ${stepOf(done)}`,
    nobodysHost: `bee:22 ${stepOf(working)}`,
    noJob: "ant:22 00112233445566778899aabbccddeeff",
  };
  desk.journal.write(() => {
    for (const key of Object.values(rows)) desk.journal.unended.put(key, { at: desk.clock.now() });
  });
  const next = await desk.nextLife();
  const left = (): string[] => next.journal.unended.all().map(([key]) => key);
  expect(left().toSorted()).toEqual([rows.noJob, rows.ended, rows.nobodysHost]);

  // Its end is written down, and it goes on with another step: nobody but us ends it now.
  next.journal.write(() => {
    next.journal.unended.put(rows.theirs, { at: next.clock.now() });
    const end = { state: "lost", stdout: null, stderr: null };
    next.journal.steps.put("run-2/ant/000001", { kind: "change", command: "work", at: 1, end });
  });
  const third = await next.nextLife();
  expect(third.journal.unended.get(rows.theirs)).not.toBeNull();
  hang.resolve();
});
