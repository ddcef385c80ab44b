import type { JobView, OperationName } from "@mtui/core/registry";
import { describe, expect, test } from "vitest";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

/** Every operation that changes a host which the workspace has. */
const ON_HOSTS: [OperationName, Record<string, unknown>][] = [
  ["run", { command: ["true"] }],
  ["prepare", {}],
  ["update", {}],
  ["downgrade", {}],
  ["install", { package: ["frob"] }],
  ["uninstall", { package: ["frob"] }],
  ["set_repo", { operation: "add" }],
  ["reboot", {}],
  ["lock", { comment: ["by", "hand"] }],
];

/** Every operation that needs a host first. */
const FOR_HOSTS = ["add_host -t", "add_host", "validate"] as const;

/** Who, and since when. */
const HOLDER = "locked by bob since 1970-01-01T00:00:01.000Z";

interface Lock {
  wait: number;
  wait_poll: number;
}

/** Workspace `w` has a report and host ant, whose operation bob has locked. */
async function lockedDesk(lock?: Lock): Promise<Desk> {
  const desk = openDesk({ hosts: ["ant"], ...(lock === undefined ? {} : { lock }) });
  await desk.call("load_template", { workspace: "w", auto_review_id: desk.template(1) });
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  desk.pool.machine("ant").commands.length = 0;
  desk.pool.machine("ant").lockedBy("bob", "operation");
  return desk;
}

async function start(
  desk: Desk,
  name: OperationName,
  params: Record<string, unknown>,
): Promise<() => JobView> {
  const reply = await desk.call(name, { ...params, background: true });
  const { job, jobs } = reply as { job?: JobView; jobs?: JobView[] };
  const id = (job ?? jobs?.[0])?.id ?? "";
  await until(() => desk.services.jobs.get(id).state !== "queued" || desk.services.jobs.get(id).final);
  return () => desk.services.jobs.get(id).view();
}

/** Templates are real files: how many turns of the loop they take is not ours to say. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await settle();
}

/** What the daemon's log has of that somebody waits, or has given up. */
const aboutWaits = ({ logged }: Desk): string[] =>
  logged.filter((line) => / wait(?:s|ed) (?:for|in) /.test(line));

const isOver = (view: JobView): boolean => ["done", "failed", "cancelled", "lost"].includes(view.state);

describe.each(ON_HOSTS)("%s on a host that somebody else works on", (name, params) => {
  const wish = { workspace: "w", ...params };

  test("is refused at once by default", async () => {
    using desk = await lockedDesk();
    await expect(desk.call(name, wish)).rejects.toMatchObject({
      kind: "lock.foreign",
      exitCode: 4,
      message: expect.stringContaining(`Nothing was done: ant is ${HOLDER}`),
    });
    expect(desk.pool.machine("ant").commands).toEqual([]);
    expect(desk.pool.machine("ant").files.operation?.user).toBe("bob");
  });

  test("waits as [lock] wait says, is 'waiting' all the while and says for whom, and then goes on", async () => {
    using desk = await lockedDesk({ wait: 60, wait_poll: 10 });
    const ant = desk.pool.machine("ant");
    const states: string[] = [];
    const view = await start(desk, name, wish);
    await until(() => view().state === "waiting");
    for (let second = 0; second < 40; second += 1) {
      states.push(view().state);
      await desk.clock.advance(1000);
    }
    expect(new Set(states)).toEqual(new Set(["waiting"]));
    expect(view()).toMatchObject({
      ticket: null,
      hosts: {
        ant: {
          state: "notRun",
          step: "wait for lock",
          message: expect.stringContaining(HOLDER),
        },
      },
    });
    expect(ant.commands).toEqual([]);
    ant.files.operation = null;
    // A poll is at most one and a half times as long as asked for.
    await desk.clock.advance(15_000);
    await until(() => isOver(view()));
    expect(view().error?.kind ?? "none").not.toMatch(/^(lock|wait)\./);
    if (name === "lock") expect(desk.pool.machine("ant").files.operation?.user).toBe("me+mtuid");
    else if (name !== "reboot") expect(ant.commands.length).toBeGreaterThan(0);
  });

  test("gives up after --wait, whatever the configuration says", async () => {
    using desk = await lockedDesk({ wait: 600, wait_poll: 10 });
    const view = await start(desk, name, { ...wish, wait: 30 });
    await desk.clock.advance(29_000);
    expect(view().state).toBe("waiting");
    await desk.clock.advance(1000);
    expect(view()).toMatchObject({
      state: "failed",
      error: {
        kind: "lock.foreign",
        message: expect.stringContaining("after 30 seconds of waiting: ant is locked by bob"),
      },
    });
    expect(desk.pool.machine("ant").files.operation?.user).toBe("bob");
    const who = `warn workspace w: ${view().id}`;
    expect(aboutWaits(desk)).toEqual([
      `${who} waits for operation locks, at most 30 s: ant is ${HOLDER}`,
      expect.stringMatching(
        `^${who} has waited in vain: Nothing was done after 30 seconds.* ant is ${HOLDER}`,
      ),
    ]);
  });

  test("does not wait with --wait 0", async () => {
    using desk = await lockedDesk({ wait: 600, wait_poll: 10 });
    const view = await start(desk, name, { ...wish, wait: 0 });
    await until(() => isOver(view()));
    expect(view()).toMatchObject({ state: "failed", error: { kind: "lock.foreign" } });
    expect(aboutWaits(desk)).toEqual([]);
  });

  test("can be cancelled while it waits; nothing was done then", async () => {
    using desk = await lockedDesk({ wait: 600, wait_poll: 10 });
    const view = await start(desk, name, wish);
    await until(() => view().state === "waiting");
    await desk.call("job_cancel", { job_id: view().id });
    await until(() => isOver(view()));
    expect(view().state).toBe("cancelled");
    expect(desk.pool.machine("ant").commands).toEqual([]);
    expect(desk.pool.machine("ant").files.operation?.user).toBe("bob");
    expect(desk.clock.pending).toBe(0);
  });
});

describe.each(FOR_HOSTS)("%s for a host", (how) => {
  const name: OperationName = how === "validate" ? "validate" : "add_host";

  async function scene(
    holder: "own" | "foreign",
    lock?: Lock,
  ): Promise<{ desk: Desk; wish: Record<string, unknown> }> {
    const desk = openDesk({ hosts: ["ant"], ...(lock === undefined ? {} : { lock }) });
    const rrid = desk.template(1);
    desk.pool.machine("ant").answer = (command) => ({
      exit: command.includes("lr -puU") ? 6 : 0,
      stdout: "",
    });
    if (holder === "own") await desk.call("add_host", { workspace: "other", target: ["ant"] });
    else desk.pool.machine("ant").lockedBy("bob");
    if (how === "validate") return { desk, wish: { rrids: [rrid] } };
    await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    return { desk, wish: { workspace: "w", ...(how === "add_host" ? {} : { target: ["ant"] }) } };
  }

  const free = async (desk: Desk, holder: "own" | "foreign"): Promise<void> => {
    if (holder === "own") await desk.call("close_workspace", { workspace: "other" });
    else desk.pool.machine("ant").files.pool = null;
  };

  test.each(["own", "foreign"] as const)(
    "that is held (%s) is refused at once with --wait 0",
    async (holder) => {
      const { desk, wish } = await scene(holder, { wait: 600, wait_poll: 15 });
      using _desk = desk;
      const view = await start(desk, name, { ...wish, wait: 0 });
      await until(() => isOver(view()));
      expect(view()).toMatchObject({ state: "failed", error: { kind: "host.busy" } });
    },
  );

  test.each(["own", "foreign"] as const)(
    "that is held (%s) waits as the table says without --wait",
    async (holder) => {
      const { desk, wish } = await scene(holder);
      using _desk = desk;
      const view = await start(desk, name, wish);
      // [lock] wait is 0; only validate waits for hosts of our own, and without a limit.
      const waits = how === "validate" && holder === "own";
      await until(() => isOver(view()) || view().state === "waiting");
      await desk.clock.advance(30 * 24 * 3600_000);
      expect(view()).toMatchObject(
        waits ? { state: "waiting" } : { state: "failed", error: { kind: "host.busy" } },
      );
      if (waits) {
        expect(aboutWaits(desk)).toEqual([
          expect.stringContaining("waits for hosts, as long as it takes: ant ("),
        ]);
        await desk.call("job_cancel", { job_id: view().id });
        await until(() => isOver(view()));
      }
    },
  );

  test.each(["own", "foreign"] as const)(
    "that is held (%s) is waited for up to --wait, with a place in the queue that says why not",
    async (holder) => {
      const { desk, wish } = await scene(holder);
      using _desk = desk;
      const view = await start(desk, name, { ...wish, wait: 60 });
      await until(() => view().state === "waiting");
      await desk.clock.advance(1000);
      const why = view().ticket?.slots[0]?.candidates[0]?.why_not;
      expect(why).toMatch(
        holder === "own" ? /^held by workspace other since/ : /^foreign lock: locked by bob /,
      );
      await desk.clock.advance(80_000);
      await until(() => isOver(view()));
      expect(view()).toMatchObject({ state: "failed", error: { kind: "wait.timeout" } });
      const who = `^warn workspace ${desk.services.jobs.get(view().id).request.workspace}: ${view().id}`;
      const by = holder === "own" ? "held by workspace other since" : "foreign lock: locked by bob";
      expect(aboutWaits(desk)).toEqual([
        expect.stringMatching(`${who} waits for hosts, at most 60 s: ant \\(${by} `),
        expect.stringMatching(`${who} has waited in vain: .*${by}`),
      ]);
      expect(desk.services.arbiter.view().tickets).toEqual([]);
    },
  );

  test.each(["own", "foreign"] as const)(
    "that comes free (%s) goes on: at once, or at the next look",
    async (holder) => {
      const { desk, wish } = await scene(holder, { wait: 600, wait_poll: 15 });
      using _desk = desk;
      const view = await start(desk, name, wish);
      await until(() => view().state === "waiting");
      await desk.clock.advance(100);
      await free(desk, holder);
      if (holder === "foreign") {
        await settle();
        expect(view().state).toBe("waiting");
        await desk.clock.advance(19_000);
      }
      await until(() => isOver(view()));
      // What validate finds out there is another matter: that it got to work is what counts.
      expect(view().error?.kind ?? "operation.failed").toBe("operation.failed");
    },
  );

  test.each(["own", "foreign"] as const)(
    "that is held (%s) can be cancelled while it waits",
    async (holder) => {
      const { desk, wish } = await scene(holder, { wait: 600, wait_poll: 15 });
      using _desk = desk;
      const view = await start(desk, name, wish);
      await until(() => view().state === "waiting");
      await desk.call("job_cancel", { job_id: view().id });
      await until(() => isOver(view()));
      expect(view().state).toBe("cancelled");
      expect(desk.services.arbiter.view().tickets).toEqual([]);
    },
  );
});

describe("two workspaces that each wait for what the other has", () => {
  test("do not wait for ever: the later one is refused, with the circle", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"], lock: { wait: 600, wait_poll: 15 } });
    await desk.call("add_host", { workspace: "v", target: ["bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const first = await start(desk, "add_host", { workspace: "v", target: ["ant"] });
    await until(() => first().state === "waiting");
    await expect(desk.call("add_host", { workspace: "w", target: ["bee"] })).rejects.toMatchObject({
      kind: "deadlock",
      exitCode: 4,
      message: expect.stringMatching(/w waits for bee, held by v.*v waits for ant, held by w/),
      data: {
        cycle: [
          { workspace: "w", host: "bee", held_by: "v" },
          { workspace: "v", host: "ant", held_by: "w" },
        ],
      },
    });
    expect(first().state).toBe("waiting");
    await desk.call("close_workspace", { workspace: "w" });
    await until(() => isOver(first()));
    expect(first().state).toBe("done");
  });
});
