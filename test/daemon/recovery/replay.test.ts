import type { JobView } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { shutDown } from "../../../packages/daemon/src/workspaces/shutdown.ts";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const job = (desk: Desk, id: string): Promise<JobView> => desk.call("job_status", { job_id: id });

interface RunResult {
  hosts: { host: string; state: string; commands: { stdout: string; exit: number }[] }[];
}

async function resultOf(desk: Desk, id: string): Promise<RunResult> {
  return (await desk.call("job_result", { job_id: id })).result as RunResult;
}

/** A desk on ant, with a command at work there that nobody has ended yet. */
async function atWork(): Promise<{ desk: Desk; id: string; end: () => void }> {
  const desk = openDesk({ hosts: ["ant", "bee"] });
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  const gate = Promise.withResolvers<void>();
  desk.pool.machine("ant").gates.command = () => gate.promise;
  desk.pool.machine("ant").answer = () => ({ exit: 3, stdout: "the whole output\n" });
  const { job: started } = await desk.call("run", { workspace: "w", command: ["work"], background: true });
  await settle();
  return { desk, id: started.id, end: () => gate.resolve() };
}

describe("a job at work when its daemon ends", () => {
  test.each(["dies", "stops"])(
    "goes on in the next life when it %s: once, with the whole output",
    async (how) => {
      const { desk, id, end } = await atWork();
      using _ = desk;
      const ant = desk.pool.machine("ant");
      const lock = ant.files.operation?.bytes;
      expect(lock).toBeDefined();
      if (how === "stops") {
        expect(await shutDown(desk.services)).toMatchObject({
          workingJobs: [{ job: id, hosts: ["ant"] }],
          unreleased: [],
        });
        expect(ant.files.pool).not.toBeNull();
      }
      const next = await desk.nextLife();
      await settle();
      expect(await job(next, id)).toMatchObject({ state: "running" });
      expect(ant.files.operation?.bytes).toBe(lock);
      end();
      await next.services.jobs.get(id).ended;
      expect(await job(next, id)).toMatchObject({
        state: "failed",
        hosts: { ant: { state: "failed", exit: 3 } },
      });
      expect((await resultOf(next, id)).hosts).toMatchObject([
        { host: "ant", state: "failed", commands: [{ stdout: "the whole output\n", exit: 3 }] },
      ]);
      expect(ant.commands).toEqual(["work"]);
      expect(ant.files.operation).toBeNull();
      expect(next.journal.steps.all()).toEqual([]);
      expect(next.journal.locks.all()).toEqual([]);
    },
  );

  test("that ended while there was no daemon has its result all the same", async () => {
    const { desk, id, end } = await atWork();
    using _ = desk;
    const next = (): Promise<Desk> => desk.nextLife();
    end();
    await settle();
    const life = await next();
    await life.services.jobs.get(id).ended;
    expect(await job(life, id)).toMatchObject({ state: "failed", hosts: { ant: { exit: 3 } } });
    expect(desk.pool.machine("ant").commands).toEqual(["work"]);
  });

  test("a second death is no worse than the first", async () => {
    const { desk, id, end } = await atWork();
    using _ = desk;
    const second = await desk.nextLife();
    await settle();
    const third = await second.nextLife();
    await settle();
    end();
    await third.services.jobs.get(id).ended;
    expect(await job(third, id)).toMatchObject({ state: "failed", hosts: { ant: { exit: 3 } } });
    expect(desk.pool.machine("ant").commands).toEqual(["work"]);
  });

  test("daemon stop --cancel ends it and leaves nothing", async () => {
    const { desk, id, end } = await atWork();
    using _ = desk;
    const stopping = shutDown(desk.services, "nothing");
    await settle();
    end();
    expect(await stopping).toMatchObject({ cancelledJobs: [id], workingJobs: [], released: ["ant"] });
    expect(desk.pool.machine("ant").files).toEqual({ operation: null, pool: null });
    const next = await desk.nextLife();
    expect(await job(next, id)).toMatchObject({ state: expect.stringMatching(/cancelled|failed/) });
  });

  test("can be cancelled in the next life", async () => {
    const { desk, id, end } = await atWork();
    using _ = desk;
    const next = await desk.nextLife();
    await settle();
    await next.call("job_cancel", { job_id: id });
    end();
    await next.services.jobs.get(id).ended;
    expect((await job(next, id)).state).toMatch(/cancelled|failed/);
    expect(desk.pool.machine("ant").files.operation).toBeNull();
  });

  test("what was done for the report before is there for export", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("run", { workspace: "w", command: ["one"] });
    const next = await desk.nextLife();
    const commands = (): string[] | undefined =>
      next.services.workspaces
        .find("w")
        ?.histories.get("ant")
        ?.commands.map(({ command }) => command);
    expect(commands()).toEqual(["one"]);
    await next.call("run", { workspace: "w", command: ["two"] });
    expect(commands()).toEqual(["one", "two"]);
    await next.call("close_workspace", { workspace: "w" });
    expect(next.journal.histories.all()).toEqual([]);
  });

  test("an idle desk keeps its hosts over a restart, and loses them with a stop", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    expect(await shutDown(desk.services, "all")).toMatchObject({ released: [] });
    const next = await desk.nextLife();
    expect(next.services.arbiter.claimsOf("w")).toHaveLength(1);
    await settle();
    expect(await shutDown(next.services)).toMatchObject({ released: ["ant"] });
    const third = await next.nextLife();
    expect(third.services.arbiter.claimsOf("w")).toEqual([]);
  });
});
