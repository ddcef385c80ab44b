import type { JobView } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { shutDown } from "../../../packages/daemon/src/workspaces/shutdown.ts";
import { world } from "../../simulation/daemon/world.ts";
import { type Desk, openDesk } from "../support/desk.ts";
import type { FakeMachine } from "../support/fake-pool.ts";
import { settle } from "../support/virtual-clock.ts";

const RRID = "SUSE:Maintenance:7:70";

interface Parts {
  desk: Desk;
  session: Desk["pool"]["sessions"][number];
}

interface Told {
  hosts: { host: string; state: string; commands: { step: string; state: string }[] }[];
}

/** Short names of what was changed, in order: `ref`, `in`, `ar`, `patch`, `rr`. */
const changes = ({ changes: all }: FakeMachine): (string | undefined)[] =>
  all.map(({ command }) => (command.includes("-t patch") ? "patch" : /zypper -n (\w+)/.exec(command)?.[1]));
const UP_TO_THE_PATCH = ["ref", "in", "ar", "ref", "patch"];

/** An update of ant and bee: bee has done it, and ant holds where `at` says so, until `goOn`. */
async function updating(at: (machine: FakeMachine, command: string) => boolean) {
  const pool = world(["ant", "bee"]);
  const desk = openDesk({ hosts: ["ant", "bee"], pool });
  desk.template(7);
  await desk.call("load_template", { workspace: "w", auto_review_id: RRID });
  await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
  const ant = pool.machine("ant");
  ant.killable = false;
  const gate = Promise.withResolvers<void>();
  const holds = { now: false };
  ant.gates.command = async () => {
    if (holds.now || !at(ant, ant.commands.at(-1) ?? "")) return;
    holds.now = true;
    await gate.promise;
  };
  const { job } = await desk.call("update", { workspace: "w", background: true });
  const done = (): boolean => {
    const { bee } = desk.services.jobs.get(job.id).view().hosts;
    return bee?.step === "update" && bee.state === "ok";
  };
  while (!holds.now || !done()) await settle();
  const goOn = async (): Promise<void> => {
    gate.resolve();
    await settle();
  };
  return { desk, ant, bee: pool.machine("bee"), goOn };
}

const atThePatch = (machine: FakeMachine): boolean => changes(machine).at(-1) === "patch";

async function endOf(desk: Desk, id = "update-1"): Promise<{ view: JobView; told: Told }> {
  const job = desk.services.jobs.get(id);
  while (!job.final) await settle();
  return { view: job.view(), told: job.end?.result as Told };
}

const stepsOf = ({ hosts }: Told, name: string): string[] =>
  hosts.find(({ host }) => host === name)?.commands.map(({ step, state }) => `${step}: ${state}`) ?? [];

describe("a cancelled job that has changed something, over the daemon's death", () => {
  test("its command that is at work is ended, nothing more is begun, and its repositories go", async () => {
    const { desk, ant, bee, goOn } = await updating(atThePatch);
    using _ = desk;
    await desk.call("job_cancel", { job_id: "update-1" });
    await settle();
    ant.killable = true;
    const next = await desk.nextLife();
    expect(next.services.jobs.get("update-1").state).toBe("cancelling");
    // Once more is no more than once: what is under way has to be found first.
    await next.call("job_cancel", { job_id: "update-1" });
    const { view, told } = await endOf(next);
    expect(view).toMatchObject({
      state: "cancelled",
      hosts: { ant: { state: "cancelled" }, bee: { state: "ok" } },
    });
    expect(told.hosts).toMatchObject([
      { host: "ant", state: "cancelled", error: { kind: "job.cancelled" } },
      { host: "bee", state: "ok", verdict: "PASSED" },
    ]);
    expect(stepsOf(told, "ant").slice(-3)).toEqual([
      "install patches: cancelled",
      "list repositories: ok",
      "remove repository: ok",
    ]);
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
    expect(changes(bee)).toEqual([...UP_TO_THE_PATCH, "rr"]);
    expect(ant.files.operation).toBeNull();
    expect(next.journal.steps.all()).toEqual([]);
    await goOn();
  });

  test.each([
    ["well says so", 0, "ok", /^Cancelled before: /],
    ["badly was ended by the cancel", 143, "cancelled", /was ended by the cancel/],
  ])("a command that has ended %s, and the next step is not begun", async (_name, exit, state, message) => {
    const { desk, ant, goOn } = await updating(atThePatch);
    using _ = desk;
    const answer = ant.answer.bind(ant);
    ant.answer = (command) => (command.includes("-t patch") ? { ...answer(command), exit } : answer(command));
    await desk.call("job_cancel", { job_id: "update-1" });
    const coming = desk.nextLife();
    await goOn();
    const next = await coming;
    const { view, told } = await endOf(next);
    expect(view.state).toBe("cancelled");
    const error = { kind: "job.cancelled", message: expect.stringMatching(message) };
    expect(told.hosts[0]).toMatchObject({ state: "cancelled", error });
    expect(stepsOf(told, "ant")).toContain(`install patches: ${state}`);
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
  });

  test("a change that was not begun never is", async () => {
    // Between two steps there is always one: the question whose answer the patch would be.
    const { desk, ant, goOn } = await updating(
      (machine, command) => changes(machine).length === 4 && / patches|lu|list-updates/.test(command),
    );
    using _ = desk;
    await desk.call("job_cancel", { job_id: "update-1" });
    const next = await desk.nextLife();
    await goOn();
    const { view, told } = await endOf(next);
    expect(view.state).toBe("cancelled");
    expect(told.hosts[0]).toMatchObject({ state: "cancelled" });
    expect(changes(ant)).toEqual(["ref", "in", "ar", "ref", "rr"]);
    // Nor is the question asked again.
    expect(ant.commands.filter((command) => / patches|lu|list-updates/.test(command))).toHaveLength(1);
  });

  test("and of a second one, too", async () => {
    const { desk, ant } = await updating(atThePatch);
    using _ = desk;
    await desk.call("job_cancel", { job_id: "update-1" });
    const second = await desk.nextLife();
    while (second.services.jobs.get("update-1").view().hosts["ant"] === undefined) await settle();
    ant.killable = true;
    const third = await second.nextLife();
    expect((await endOf(third)).view.state).toBe("cancelled");
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
  });

  test("a cancel before it is its turn again waits for what it has begun", async () => {
    const { desk, ant } = await updating(atThePatch);
    using _ = desk;
    ant.killable = true;
    const next = await desk.nextLife();
    expect(next.services.jobs.get("update-1").state).toBe("queued");
    await next.call("job_cancel", { job_id: "update-1" });
    expect((await endOf(next)).view).toMatchObject({ state: "cancelled", hosts: { bee: { state: "ok" } } });
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
  });

  const never = (): Promise<never> => new Promise(() => {});
  test.each([
    ["reboot, written down", "reboot", {}, ({ session }: Parts) => (session.reboot = never)],
    ["reboot, not written down", "reboot", {}, ({ session }: Parts) => (session.bootId = never)],
    ["command", "run", { command: ["true"] }, ({ session }: Parts) => (session.change = never)],
    [
      "line of history",
      "install",
      { package: ["frob"] },
      ({ desk }: Parts) => (desk.journal.writeSoon = never),
    ],
  ] as const)(
    "a first step that was asked for and not begun is not begun: a %s",
    async (_name, operation, params, stop) => {
      using desk = openDesk({ hosts: ["ant"] });
      await desk.call("add_host", { workspace: "w", target: ["ant"] });
      const ant = desk.pool.machine("ant");
      const [session] = desk.pool.sessions;
      if (session === undefined) throw new Error("no session");
      const asked = stop({ desk, session });
      expect(asked).toBe(never);
      const { job } = await desk.call(operation, { workspace: "w", ...params, background: true });
      await settle();
      while (!desk.services.jobs.get(job.id).begun) await settle();
      await settle();
      await desk.call("job_cancel", { job_id: job.id });
      const next = await desk.nextLife();
      const { view } = await endOf(next, job.id);
      expect(view).toMatchObject({ state: "cancelled", hosts: { ant: { state: "notRun" } } });
      expect([ant.boot, ant.changes, ant.history]).toEqual([1, [], []]);
      expect(ant.files.operation).toBeNull();
    },
  );

  test("under a lock by hand, of which no job knows, it is found as well", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("lock", { workspace: "w" });
    const ant = desk.pool.machine("ant");
    ant.gates.command = never;
    const { job } = await desk.call("run", { workspace: "w", command: ["work"], background: true });
    while (ant.changes.length === 0) await settle();
    ant.killable = true;
    const next = await desk.nextLife();
    await next.call("job_cancel", { job_id: job.id });
    const { told } = await endOf(next, job.id);
    expect(told.hosts).toMatchObject([
      { host: "ant", state: "cancelled", commands: [{ state: "cancelled" }] },
    ]);
  });

  test("a host that its desk has lost meanwhile is in its end", async () => {
    const { desk, ant } = await updating(atThePatch);
    using _ = desk;
    ant.files.pool = { bytes: "1:somebody:7:theirs", user: "somebody" };
    const next = await desk.nextLife();
    const { view } = await endOf(next);
    expect(view).toMatchObject({ state: "lost", error: { data: { hosts: { ant: "lost", bee: "ok" } } } });
  });
});

describe("a job that waits for its turn to go on", () => {
  /** The update in its second life, in which ant keeps its desk waiting until it `answers`; a run waits behind it. */
  async function waiting() {
    const { desk, ant, bee, goOn } = await updating(atThePatch);
    const gate = Promise.withResolvers<void>();
    ant.gates.connect = () => gate.promise;
    await desk.clock.advance(1);
    const { job } = await desk.call("run", { workspace: "w", command: ["later"], background: true });
    const next = await desk.nextLife();
    const answers = (): void => {
      delete ant.gates.connect;
      gate.resolve();
    };
    const ends = async () => [(await endOf(next)).view, (await endOf(next, job.id)).view];
    return { desk, next, ant, bee, goOn, answers, ends };
  }

  test("is cancelled with its desk: what it has begun is ended, and what waits behind it is not begun", async () => {
    const { desk, next, ant, bee, answers, ends } = await waiting();
    using _ = desk;
    ant.killable = true;
    const closing = next.call("close_workspace", { workspace: "w", force: true });
    await settle();
    expect(next.services.jobs.get("update-1").state).toBe("cancelling");
    answers();
    expect(await closing).toMatchObject({
      released: expect.arrayContaining(["ant", "bee"]),
      unreleased: [],
      cancelled_jobs: ["run-1", "update-1"],
    });
    expect(await ends()).toMatchObject([
      { state: "cancelled", hosts: { ant: { state: "cancelled" }, bee: { state: "ok" } } },
      { state: "cancelled", error: { kind: "job.cancelled", message: "Workspace w was closed by mtuictl." } },
    ]);
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
    for (const { files, runs } of [ant, bee]) {
      expect(files).toEqual({ operation: null, pool: null });
      expect([...runs]).toEqual([]);
    }
    expect(next.services.workspaces.list()).toEqual([]);
  });

  test("says what is known when its desk is closed: what it had begun came to its end meanwhile", async () => {
    const { desk, next, ant, goOn, answers, ends } = await waiting();
    using _ = desk;
    await goOn();
    const closing = next.call("close_workspace", { workspace: "w", force: true });
    answers();
    await closing;
    const [view] = await ends();
    expect(view).toMatchObject({
      state: "cancelled",
      error: { message: expect.stringMatching(/Cancelled before/) },
    });
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
  });

  test("is ended by a daemon that stops and is to leave nothing", async () => {
    const { desk, next, ant, answers } = await waiting();
    using _ = desk;
    ant.killable = true;
    const stopping = shutDown(next.services, "nothing");
    await settle();
    answers();
    expect(await stopping).toMatchObject({ stuckJobs: [], unreleased: [] });
    const { view } = await endOf(next);
    expect(view).toMatchObject({ state: "cancelled", hosts: { ant: { state: "cancelled" } } });
    expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
    expect(ant.files).toEqual({ operation: null, pool: null });
  });

  test.each([false, true])(
    "is left to the next life when the daemon stops (cancelled: %s)",
    async (cancel) => {
      const { desk, ant, goOn } = await updating(atThePatch);
      using _ = desk;
      const gate = Promise.withResolvers<void>();
      ant.gates.connect = () => gate.promise;
      const second = await desk.nextLife();
      if (cancel) await second.call("job_cancel", { job_id: "update-1" });
      const stopping = shutDown(second.services, "all");
      await settle();
      await second.clock.advance(10_000);
      expect(await stopping).toMatchObject({ stuckJobs: [], workingJobs: [{ job: "update-1" }] });
      delete ant.gates.connect;
      const third = await second.nextLife();
      ant.killable = true;
      if (!cancel) await goOn();
      expect((await endOf(third)).view.state).toBe(cancel ? "cancelled" : "done");
      expect(changes(ant)).toEqual([...UP_TO_THE_PATCH, "rr"]);
      gate.resolve();
    },
  );
});

test("a validate that was cancelled before it changed anything gives its hosts back", async () => {
  using desk = openDesk({ hosts: ["ant"], pool: world(["ant"]) });
  desk.template(7);
  const ant = desk.pool.machine("ant");
  const gate = Promise.withResolvers<void>();
  ant.gates.command = () => gate.promise;
  await desk.call("validate", { rrids: [RRID], background: true });
  while (ant.commands.length === 0) await settle();
  delete ant.gates.command;
  // What it still has in hand when it is cancelled, it would give back itself.
  ant.gates.release = () => new Promise(() => {});
  await desk.call("job_cancel", { job_id: "validate-1" });
  await settle();
  delete ant.gates.release;
  const next = await desk.nextLife();
  await next.clock.advance(20_000);
  expect(next.services.jobs.get("validate-1").state).toBe("cancelled");
  expect(ant.files).toEqual({ operation: null, pool: null });
  expect(next.services.workspaces.list()).toEqual([]);
});
