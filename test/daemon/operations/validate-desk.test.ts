import { describe, expect, test } from "vitest";
import { AGENT, openDesk, PERSON } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const name = (rrid: string): string => rrid.replaceAll(":", "-");

describe("the desks of validate", () => {
  test("nothing starts when one of several updates cannot", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const [one, two] = [desk.template(1), desk.template(2)];
    desk.services.workspaces.open(name(two), PERSON).markClosing();
    await expect(desk.call("validate", { rrids: [one, two] })).rejects.toMatchObject({
      kind: "workspace.closed",
    });
    expect(desk.services.jobs.list()).toEqual([]);
    expect(desk.services.workspaces.find(name(one))).toBeUndefined();
  });

  test("what is under way in one's desk is named, with all that there is to type", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const [one, two] = [desk.template(1), desk.template(2)];
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.connect = () => hang.promise;
    const { jobs } = await desk.call("validate", { rrids: [one], background: true });
    await settle();
    const [id = ""] = jobs.map((job) => job.id);
    const workspace = name(one);
    const way = `Wait (mtuictl job follow ${id}) or cancel (mtuictl job cancel ${id}); `;
    const busy = (then: string) => ({
      kind: "workspace.busy",
      message: `Workspace ${workspace} has an active job: ${id}.`,
      hint: way + then,
    });
    await expect(desk.call("validate", { rrids: [two, one] })).rejects.toMatchObject(
      busy(`then mtuictl validate ${one}`),
    );
    await expect(desk.call("close_workspace", { workspace })).rejects.toMatchObject(
      busy(`mtuictl close-workspace -w ${workspace} --force cancels and closes.`),
    );
    // At once, though the job has the desk's lane for as long as it likes.
    const replace = { workspace, auto_review_id: two, replace: true };
    await expect(desk.call("load_template", replace)).rejects.toMatchObject(
      busy(`then mtuictl load-template -w ${workspace} --replace ${two}`),
    );
    await desk.call("job_cancel", { job_id: id });
    hang.resolve();
    await desk.call("job_wait", { job_ids: [id] });
  });

  test("nothing starts when there is no room for all of their jobs", async () => {
    using desk = openDesk({ hosts: ["ant"], jobs: { active: 1 } });
    const [one, two] = [desk.template(1), desk.template(2)];
    await expect(desk.call("validate", { rrids: [one, two] })).rejects.toMatchObject({ kind: "job.limit" });
    expect(desk.services.jobs.list()).toEqual([]);
    expect(desk.services.workspaces.list()).toEqual([]);
  });

  test("one that is cancelled before its turn leaves no desk behind", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const [one, two] = [desk.template(1), desk.template(2)];
    const hang = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.connect = () => hang.promise;
    const { jobs } = await desk.call("validate", { rrids: [one, two], parallel: 1, background: true });
    await settle();
    const ids = jobs.map(({ id }) => id);
    await desk.call("job_cancel", { job_id: ids[1] ?? "" });
    await desk.call("job_wait", { job_ids: [ids[1] ?? ""] });
    expect(desk.services.workspaces.find(name(two))).toBeUndefined();
    await desk.call("job_cancel", { job_id: ids[0] ?? "" });
    hang.resolve();
    await desk.call("job_wait", { job_ids: ids });
    expect(desk.services.workspaces.list()).toEqual([]);
    expect(desk.services.arbiter.view()).toEqual({ claims: [], tickets: [] });
    expect(desk.pool.machine("ant")).toMatchObject({ files: { pool: null }, open: 0 });
  });

  test("--keep keeps no desk for a report that could not be loaded", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const reply = await desk.call("validate", { rrids: ["SUSE:Maintenance:404:4040"], keep: true });
    expect(reply.jobs).toMatchObject([{ state: "failed", error: { kind: "template.notFound" } }]);
    expect(desk.services.workspaces.list()).toEqual([]);
  });

  test("a cancel in the middle of the update ends with everything released", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(1);
    const ant = desk.pool.machine("ant");
    const hang = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    ant.answer = (command) => ({ exit: command.includes("lr -puU") ? 6 : 0, stdout: "" });
    ant.gates.command = async () => {
      if (ant.commands.length < 2) return;
      begun.resolve();
      await hang.promise;
    };
    const { jobs } = await desk.call("validate", { rrids: [rrid], background: true });
    await begun.promise;
    const id = jobs[0]?.id ?? "";
    await desk.call("job_cancel", { job_id: id });
    hang.resolve();
    const waited = await desk.call("job_wait", { job_ids: [id] });
    expect(waited.jobs).toMatchObject([{ state: "cancelled" }]);
    expect(ant).toMatchObject({ files: { pool: null, operation: null }, open: 0 });
    expect(desk.services.workspaces.list()).toEqual([]);
  });

  test("a report that cannot be written loses no result, and is no success", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(1);
    const ant = desk.pool.machine("ant");
    ant.answer = (command) => ({ exit: command.includes("lr -puU") ? 6 : 0, stdout: "" });
    // In place of the install logs' directory stands a file.
    desk.spoilReport(rrid);
    const { jobs, results } = await desk.call("validate", { rrids: [rrid] });
    expect(jobs).toMatchObject([{ state: "failed" }]);
    expect(results).toMatchObject([{ hosts: [{ host: "ant" }], unreleased: [] }]);
    expect(results?.[0]?.warnings).toContainEqual(expect.stringMatching(/^the report was not written: /));
    expect(ant).toMatchObject({ files: { pool: null, operation: null }, open: 0 });
  });

  test("a desk that was there before stays, with its own hosts", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    const rrid = desk.template(1);
    const workspace = name(rrid);
    await desk.call("add_host", { workspace, target: ["bee"] });
    await desk.call("validate", { rrids: [rrid] });
    expect([...(desk.services.workspaces.find(workspace)?.hosts.keys() ?? [])]).toEqual(["bee"]);
    expect(desk.services.arbiter.view().claims.map(({ host }) => host)).toEqual(["bee"]);
  });

  test("two names of one agent and a person are two desks", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    const rrid = desk.template(1);
    await desk.call("load_template", { workspace: "w", auto_review_id: rrid });
    await desk.call("load_template", { workspace: "w", auto_review_id: rrid }, { client: AGENT });
    expect(desk.services.workspaces.list().map((each) => each.name)).toEqual(["claude/w", "w"]);
  });
});
