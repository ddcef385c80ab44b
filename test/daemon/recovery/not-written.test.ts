import { describe, expect, test, vi } from "vitest";
import type { JobEnd } from "../../../packages/daemon/src/jobs/index.ts";
import type { Journal } from "../../../packages/daemon/src/store/index.ts";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const REFUSED = { kind: "state.io", message: expect.stringContaining("disk full"), retryable: true };

type TableName = "jobs" | "claims" | "tickets";

/** The disk is full from this write to this table on; the result makes room again. */
function fill(journal: Journal, name: TableName): () => void {
  const put = vi.spyOn<{ put(key: string, row: never): void }, "put">(journal[name], "put");
  put.mockImplementation(() => {
    throw new Error("disk full");
  });
  return () => put.mockRestore();
}

const added = async (...hosts: string[]): Promise<Desk> => {
  const desk = openDesk({ hosts });
  await desk.call("add_host", { workspace: "w", target: [hosts[0] ?? ""] });
  return desk;
};

describe("what cannot be written down does not begin, from the first time on", () => {
  test("a job: nobody hears its name, nothing is done on its host", async () => {
    using desk = await added("ant");
    const from = desk.services.events.cursor;
    const room = fill(desk.journal, "jobs");
    const run = () => desk.call("run", { workspace: "w", command: ["true"], background: true });
    await expect(run()).rejects.toMatchObject(REFUSED);
    await settle();
    expect(desk.services.events.read(from).events).toEqual([]);
    expect(desk.services.jobs.list().map(({ id }) => id)).toEqual(["add_host-1"]);
    expect(desk.pool.machine("ant").commands).toEqual([]);
    room();
    const { job } = await run();
    await desk.services.jobs.get(job.id).ended;
    expect(desk.pool.machine("ant").commands).toEqual(["true"]);
  });

  test.each([
    ["add_host", () => ({ workspace: "v", target: ["ant"] })],
    ["validate", (desk: Desk) => ({ rrids: [desk.template(7)] })],
  ] as const)("a job that would have opened its desk (%s): no desk is left", async (operation, paramsOf) => {
    using desk = openDesk({ hosts: ["ant"] });
    fill(desk.journal, "jobs");
    await expect(desk.call(operation, paramsOf(desk))).rejects.toMatchObject(REFUSED);
    expect(desk.services.workspaces.list()).toEqual([]);
    expect(desk.journal.workspaces.all()).toEqual([]);
  });

  test.each([
    ["in the background", true],
    ["in the foreground", false],
  ])(
    "the second of three updates (%s): the caller learns of the first, which goes on",
    async (_, background) => {
      using desk = openDesk({ hosts: ["ant"] });
      const rrids = [desk.template(1), desk.template(2), desk.template(3)];
      const jobs = vi.spyOn(desk.services.jobs, "start");
      const rooms: (() => void)[] = [];
      jobs.mockImplementationOnce((request, work) => {
        jobs.mockRestore();
        const first = desk.services.jobs.start(request, work);
        rooms.push(fill(desk.journal, "jobs"));
        return first;
      });
      const hint = new RegExp(
        `^validate-1 was started: mtuictl job follow validate-1; the rest was not: mtuictl validate ${rrids.slice(1).join(" ")}\\. Check`,
      );
      const ask = () => desk.call("validate", { rrids, background }, { key: "k" });
      const data = { jobs: ["validate-1"], path: expect.any(String) };
      await expect(ask()).rejects.toMatchObject({ ...REFUSED, hint: expect.stringMatching(hint), data });
      expect(desk.services.jobs.list()).toHaveLength(1);
      expect(desk.services.workspaces.list().map(({ name }) => name)).toEqual([
        rrids[0]?.replaceAll(":", "-"),
      ]);
      // Asked for again while there still is no room: the same one.
      await expect(ask()).rejects.toMatchObject({ ...REFUSED, data });
      for (const room of rooms) room();
      const again = await ask();
      expect(again.jobs).toHaveLength(3);
      expect(again.jobs[0]).toMatchObject({ id: "validate-1" });
      await Promise.all(again.jobs.map(({ id }) => desk.services.jobs.get(id).ended));
    },
  );

  test("the work of a job: nothing is run, and its locks are given back", async () => {
    using desk = await added("ant");
    const ant = desk.pool.machine("ant");
    let room: (() => void) | null = null;
    ant.gates.lock = async () => void (room ??= fill(desk.journal, "jobs"));
    await expect(desk.call("run", { workspace: "w", command: ["true"] })).rejects.toMatchObject(REFUSED);
    expect(ant.commands).toEqual([]);
    expect(ant.files.operation).toBeNull();
  });

  test("a claim: nothing is done on the host, and it is free for whoever asks next", async () => {
    using desk = await added("ant", "bee");
    const open = vi.spyOn(desk.pool, "open");
    const room = fill(desk.journal, "claims");
    const add = () => desk.call("add_host", { workspace: "v", target: ["bee"] });
    await expect(add()).rejects.toMatchObject(REFUSED);
    expect(desk.services.arbiter.view()).toMatchObject({ claims: [{ host: "ant" }], tickets: [] });
    expect(open).not.toHaveBeenCalled();
    room();
    await add();
    expect(desk.journal.claims.get("bee:22")).toMatchObject({ workspace: "v", state: "claimed" });
  });

  test("a claim that has waited: it fails before anything is done on the host", async () => {
    using desk = await added("ant");
    const wait = { workspace: "v", target: ["ant"], wait: 600, background: true };
    const { job } = await desk.call("add_host", wait);
    await settle();
    const open = vi.spyOn(desk.pool, "open");
    const room = fill(desk.journal, "claims");
    await desk.call("close_workspace", { workspace: "w" });
    await desk.services.jobs.get(job.id).ended;
    expect(desk.services.jobs.get(job.id).end).toMatchObject({ state: "failed", error: REFUSED });
    expect(open).not.toHaveBeenCalled();
    expect(desk.services.arbiter.view()).toMatchObject({ claims: [], tickets: [] });
    room();
    await desk.call("add_host", { workspace: "v", target: ["ant"] });
  });

  test("a place in the queue", async () => {
    using desk = await added("ant");
    fill(desk.journal, "tickets");
    await expect(desk.call("add_host", { workspace: "v", target: ["ant"], wait: 600 })).rejects.toMatchObject(
      REFUSED,
    );
    expect(desk.services.arbiter.view().tickets).toEqual([]);
  });

  test("a takeover: the host stays whose it was", async () => {
    using desk = await added("ant");
    const claim = desk.services.arbiter.view().claims[0]?.id;
    fill(desk.journal, "claims");
    const take = { workspace: "v", host: "ant", claim, reason: "urgent" };
    await expect(desk.call("takeover", take)).rejects.toMatchObject(REFUSED);
    expect(desk.services.arbiter.view().claims).toMatchObject([{ id: claim, workspace: "w" }]);
    expect(desk.pool.machine("ant").files.pool?.bytes).toContain("[w]");
    expect(desk.services.workspaces.list().map(({ name }) => name)).toEqual(["w"]);
    expect(desk.journal.workspaces.all().map(([name]) => name)).toEqual(["w"]);
    await desk.call("run", { workspace: "w", command: ["true"] });
  });

  test("a takeover for a new desk: what others begin there, while its connection is closed, stays", async () => {
    using desk = await added("ant");
    const claim = desk.services.arbiter.view().claims[0]?.id;
    const rrid = desk.template(7);
    const open = desk.pool.open.bind(desk.pool);
    vi.spyOn(desk.pool, "open").mockImplementationOnce(async (...args) => {
      const session = await open(...args);
      const close = session.close.bind(session);
      session.close = async () => {
        await desk.call("load_template", { workspace: "v", auto_review_id: rrid });
        await close();
      };
      return session;
    });
    fill(desk.journal, "claims");
    const take = { workspace: "v", host: "ant", claim, reason: "urgent" };
    await expect(desk.call("takeover", take)).rejects.toMatchObject(REFUSED);
    expect(desk.services.workspaces.find("v")?.rridText).toBe(rrid);
    expect(desk.pool.machine("ant").open).toBe(1);
  });
});

test("results that were kept by a former life count, too", async () => {
  const large: JobEnd = { state: "done", result: "x".repeat(100) };
  const request = { operation: "run", command: "run true", workspace: "w", rrid: null };
  const kept = ({ services }: Desk): string[] => services.jobs.list().map(({ id }) => id);
  const more = async ({ services }: Desk): Promise<void> => {
    for (let index = 0; index < 4; index++) await services.jobs.start(request, async () => large).ended;
  };
  using desk = openDesk({ hosts: [], jobs: { keepResults: 250 } });
  await more(desk);
  const next = await desk.nextLife();
  expect(kept(next)).toEqual(["run-4", "run-3", "run-2"]);
  await next.services.jobs.start(request, async () => large).ended;
  expect(kept(next)).toEqual(["run-5", "run-4", "run-3"]);
});
