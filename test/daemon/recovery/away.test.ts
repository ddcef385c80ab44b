import { MtuiError } from "@mtui/core/protocol";
import { describe, expect, test } from "vitest";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

/** `work` is at work on ant for workspace `w`, and the daemon's next life does not reach ant until `back`. */
async function away() {
  const desk = openDesk({ hosts: ["ant", "bee"] });
  await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
  const ant = desk.pool.machine("ant");
  const hang = Promise.withResolvers<void>();
  ant.gates.command = () => hang.promise;
  const { job } = await desk.call("run", { workspace: "w", command: ["work"], background: true });
  while (ant.changes.length === 0) await settle();
  ant.gates.connect = () => Promise.reject(new MtuiError("host.unreachable", "ant does not answer"));
  const next = await desk.nextLife();
  await settle();
  const view = () => next.call("job_status", { job_id: job.id });
  const back = (): void => void delete ant.gates.connect;
  const goOn = (): void => {
    delete ant.gates.command;
    hang.resolve();
  };
  return { desk, next, ant, job, view, back, goOn };
}

describe("a job whose host is away when the daemon has come back", () => {
  test("waits for it, and follows what is at work there", async () => {
    const { desk, next, ant, view, back, goOn } = await away();
    using _ = desk;
    await next.clock.advance(20_000);
    expect(await view()).toMatchObject({ state: "running", hosts: { bee: { state: "ok" } } });
    back();
    await next.clock.advance(20_000);
    goOn();
    await settle();
    expect(await view()).toMatchObject({ state: "done", hosts: { ant: { state: "ok" } } });
    expect(ant.changes).toHaveLength(1);
    expect(ant.files.operation).toBeNull();
  });

  test("that is cancelled ends at once, says that it may still be at work, and leaves that to be ended", async () => {
    const { desk, next, job, ant } = await away();
    using _ = desk;
    await next.call("job_cancel", { job_id: job.id });
    await next.services.jobs.get(job.id).ended;
    expect(next.services.jobs.get(job.id).view()).toMatchObject({
      state: "cancelled",
      hosts: {
        ant: { state: "lost", message: expect.stringMatching(/may still be running/) },
        bee: { state: "ok" },
      },
    });
    expect(next.pool.toEnd).toEqual([`ant:22 ${ant.changes[0]?.id}`]);
    // Under its lock, until then.
    expect(ant.files.operation).not.toBeNull();
  });

  test("that somebody else has locked meanwhile does not get it back, and says so", async () => {
    const { desk, next, ant, view, back } = await away();
    using _ = desk;
    ant.lockedBy("bob");
    back();
    await next.clock.advance(20_000);
    expect(await view()).toMatchObject({
      state: "failed",
      hosts: { ant: { state: "unreachable", message: expect.stringMatching(/not ours any more/) } },
    });
    expect(ant.changes).toHaveLength(1);
  });

  test("does not wait for ever", async () => {
    const { desk, next, view } = await away();
    using _ = desk;
    await next.clock.advance(120_000);
    expect(await view()).toMatchObject({ state: "failed", hosts: { ant: { state: "unreachable" } } });
  });
});
