import { describe, expect, test } from "vitest";
import { openDesk } from "../daemon/support/desk.ts";
import { settle } from "../daemon/support/virtual-clock.ts";

/** Two workspaces with a host each, whose commands hang until they are let go. */
async function atWork() {
  const desk = openDesk({ hosts: ["ant", "bee"] });
  await desk.call("add_host", { workspace: "a", target: ["ant"] });
  await desk.call("add_host", { workspace: "b", target: ["bee"] });
  const hang = Promise.withResolvers<void>();
  for (const machine of desk.pool.machines.values()) {
    machine.gates.command = () => hang.promise;
    machine.answer = () => ({ exit: 0, stdout: `this is ${machine.name}\n` });
  }
  return { desk, hang };
}

const run = (workspace: string) => ({ workspace, command: ["hostname"] });

describe("workspaces side by side", () => {
  test("work at the same time, not one after the other under a forgotten lock", async () => {
    const { desk, hang } = await atWork();
    using _desk = desk;
    const both = [desk.call("run", run("a")), desk.call("run", run("b"))];
    await settle();
    expect(desk.services.jobs.list({ active: true }).map(({ state }) => state)).toEqual([
      "running",
      "running",
    ]);
    for (const machine of desk.pool.machines.values()) expect(machine.commands).toHaveLength(1);
    hang.resolve();
    await Promise.all(both);
  });

  test("a change that waits for a long job holds up no question, in its workspace or another", async () => {
    const { desk, hang } = await atWork();
    using _desk = desk;
    const job = desk.call("run", run("a"));
    const load = desk.call("load_template", { workspace: "a", auto_review_id: desk.template(1) });
    await settle();
    expect(await desk.call("list_hosts", { workspace: "a" })).toMatchObject({ hosts: [{ host: "ant" }] });
    expect(await desk.call("whoami")).toMatchObject({ user: "me+mtuid" });
    expect(await desk.call("list_locks", { workspace: "a" })).toMatchObject({ locks: [{ host: "ant" }, {}] });
    expect((await desk.call("list_workspaces")).workspaces).toHaveLength(2);
    hang.resolve();
    await Promise.all([job, load]);
  });

  test("share no output: each job's events and result are of its own host alone", async () => {
    const { desk, hang } = await atWork();
    using _desk = desk;
    const both = [desk.call("run", run("a")), desk.call("run", run("b"))];
    hang.resolve();
    const replies = await Promise.all(both);
    for (const [index, host] of ["ant", "bee"].entries()) {
      const reply = replies[index];
      expect(reply?.result?.hosts).toMatchObject([{ host, commands: [{ stdout: `this is ${host}\n` }] }]);
      const { events } = await desk.call("job_follow", { job_ids: [reply?.job.id ?? ""] });
      expect(new Set(events.flatMap((event) => event.host ?? []))).toEqual(new Set([host]));
    }
  });
});
