import { MtuiError } from "@mtui/core/protocol";
import { describe, expect, test } from "vitest";
import { EventLog } from "../../../packages/daemon/src/events/index.ts";
import { type Job, type JobEnd, JobTable, type TicketView } from "../../../packages/daemon/src/jobs/index.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

function tableOf(limits = {}) {
  const clock = new VirtualClock();
  const events = new EventLog({ clock });
  return { clock, events, table: new JobTable({ clock, events, limits }) };
}

const request = { operation: "run", command: "run true", workspace: "default", rrid: null };
const done: JobEnd = { state: "done", result: { ok: true } };

describe("a job", () => {
  test("goes queued, running, done, and counts its time from the start of the work", async () => {
    const { clock, events, table } = tableOf();
    const work = Promise.withResolvers<JobEnd>();
    const turn = Promise.withResolvers<void>();
    const job = table.start(request, async (self) => {
      await turn.promise;
      self.running();
      return work.promise;
    });
    expect(job.state).toBe("queued");
    turn.resolve();
    await settle();
    expect(job.state).toBe("running");
    await clock.advance(2000);
    work.resolve(done);
    await job.ended;
    expect(job.view()).toMatchObject({ id: "run-1", state: "done", elapsed: 2, error: null });
    const states = events.read(0).events.filter(({ type }) => type === "job.state");
    expect(states.map(({ data }) => data?.["state"])).toEqual(["queued", "running", "done"]);
  });

  test("counts on over lives of the daemon", async () => {
    const { clock, events, table } = tableOf();
    const before = table.start(request, () => new Promise(() => undefined));
    before.running();
    await clock.advance(2000);
    const former = before.saved();
    const next = new JobTable({ clock, events, limits: {} });
    const job = next.restart("run-1", { former, work: () => new Promise(() => undefined) });
    expect(job.view()).toMatchObject({ state: "queued", elapsed: 2 });
    job.running();
    await clock.advance(1000);
    expect(job.view()).toMatchObject({ state: "running", elapsed: 3, started_at: former.started });
    expect(job.saved().started).toBe(former.started);
  });

  test("shows the last line of a host's step beside no other step", async () => {
    const { table } = tableOf();
    const work = Promise.withResolvers<JobEnd>();
    const job = table.start(request, () => work.promise);
    await settle();
    const line = (): string | undefined => job.view().hosts["ant"]?.last_line;
    job.host("ant", { step: "install patches", state: "running" });
    job.output("ant", { text: "(2/2) Installing: x\n", stream: "stdout", step: 1, offset: 0, bytes: 22 });
    job.host("ant", { step: "install patches", state: "running", message: "slow" });
    expect(line()).toBe("(2/2) Installing: x");
    job.host("ant", { step: "query versions", state: "running" });
    expect(line()).toBeUndefined();
    work.resolve(done);
    await job.ended;
  });

  test("that has ended, however it did, keeps nothing to begin it again with", async () => {
    const { table } = tableOf();
    const client = { id: "c1", kind: "terminal", name: "ada", namespace: null } as const;
    const started = (work: () => Promise<JobEnd>) =>
      table.start(
        { ...request, recipe: { params: { content: "large" }, notes: { asked: "k" }, client } },
        work,
      );
    const failing = started(async () => {
      throw new MtuiError("lock.foreign", "no");
    });
    const [good, bad] = [started(async () => done), failing];
    expect(bad.saved().recipe?.params).toEqual({ content: "large" });
    await Promise.all([good.ended, bad.ended]);
    for (const job of [good, bad])
      expect(job.saved().recipe).toEqual({ params: {}, notes: { asked: "k" }, client });
  });

  test("that has ended says so instead of 'cancelled'", async () => {
    const { table } = tableOf();
    const job = table.start(request, async () => done);
    await job.ended;
    expect(job.cancel("too late")).toBe(false);
    expect(job.state).toBe("done");
  });

  test("is cancelled only when its work has really ended", async () => {
    const { table } = tableOf();
    const gone = Promise.withResolvers<void>();
    const job = table.start(request, async (self: Job) => {
      self.running();
      await gone.promise;
      self.signal.throwIfAborted();
      return done;
    });
    await settle();
    expect(job.cancel("by hand")).toBe(true);
    await settle();
    expect(job.state).toBe("cancelling");
    gone.resolve();
    await job.ended;
    expect(job.view()).toMatchObject({
      state: "cancelled",
      error: { kind: "job.cancelled", message: "by hand" },
    });
  });

  test("a failure during a cancel is not hidden by it", async () => {
    const { table } = tableOf();
    const job = table.start(request, async (self: Job) => {
      self.running();
      await new Promise((resolve) => self.signal.addEventListener("abort", resolve));
      throw new MtuiError("host.unreachable", "ant is gone");
    });
    await settle();
    job.cancel("by hand");
    await job.ended;
    expect(job.view()).toMatchObject({ state: "failed", error: { kind: "host.unreachable" } });
  });

  test("waits with a ticket and says at which position", async () => {
    const { table } = tableOf();
    const granted = Promise.withResolvers<void>();
    const ticket: TicketView = {
      id: "t1",
      position: 2,
      workspace: "default",
      rrid: null,
      job: null,
      since: 0,
      until: null,
      waits_for: "own",
      slots: [],
    };
    const job = table.start(request, async (self: Job) => {
      self.running();
      self.host("ant", { state: "running", step: "of an attempt that is given up" });
      self.waiting(ticket);
      await granted.promise;
      self.waiting(null);
      return done;
    });
    await settle();
    expect(job.view()).toMatchObject({ state: "waiting", ticket: { position: 2 } });
    expect(job.view().hosts).toEqual({});
    granted.resolve();
    await job.ended;
    expect(job.view()).toMatchObject({ state: "done", ticket: null });
  });

  test("does not say that it runs while it waits for other people's locks", async () => {
    const { table } = tableOf();
    const freed = Promise.withResolvers<void>();
    const job = table.start(request, async (self: Job) => {
      self.running();
      self.waitingForLocks(true);
      await freed.promise;
      self.waitingForLocks(false);
      expect(self.state).toBe("running");
      return done;
    });
    await settle();
    expect(job.view()).toMatchObject({ state: "waiting", ticket: null });
    freed.resolve();
    await job.ended;
    expect(job.state).toBe("done");
  });

  test("an unknown throw becomes an internal error, with its text", async () => {
    const { table } = tableOf();
    const job = table.start(request, async () => {
      throw new TypeError("oops");
    });
    await job.ended;
    expect(job.view().error).toMatchObject({ kind: "internal", message: "Unexpected error: oops" });
  });
});

describe("the job table", () => {
  test("limits active jobs per workspace and in all, with an error that says what to do", async () => {
    const { table } = tableOf({ active: 2, activePerWorkspace: 1 });
    const never = () => new Promise<JobEnd>(() => {});
    table.start(request, never);
    expect(() => table.start(request, never)).toThrow(/Workspace default has 1 active jobs/);
    table.start({ ...request, workspace: "other" }, never);
    expect(() => table.start({ ...request, workspace: "third" }, never)).toThrow(
      /The daemon has 2 active jobs/,
    );
  });

  test("forgets ended jobs by count and by age, never active ones", async () => {
    const { clock, table } = tableOf({ keepFinished: 2, keepMs: 10_000 });
    const active = table.start(request, () => new Promise<JobEnd>(() => {}));
    for (let index = 0; index < 4; index++) await table.start(request, async () => done).ended;
    table.start(request, async () => done);
    expect(table.list().map((job) => job.id)).toEqual(["run-6", "run-5", "run-4", "run-1"]);
    await clock.advance(10_001);
    await table.start(request, async () => done).ended;
    expect(table.list().map((job) => job.id)).toEqual(["run-7", active.id]);
  });

  test("forgets the oldest ended jobs when their results grow too large together", async () => {
    const { table } = tableOf({ keepResults: 250 });
    const large: JobEnd = { state: "done", result: "x".repeat(100) };
    for (let index = 0; index < 4; index++) await table.start(request, async () => large).ended;
    table.start(request, async () => done);
    expect(table.list().map((job) => job.id)).toEqual(["run-5", "run-4", "run-3"]);
  });

  test("an unknown id is an error that repeats it", () => {
    expect(() => tableOf().table.get("update-9")).toThrow(/There is no job update-9/);
  });
});
