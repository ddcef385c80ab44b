import { describe, expect, test } from "vitest";
import { shutDown } from "../../../packages/daemon/src/workspaces/shutdown.ts";
import { openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

const never = (): Promise<never> => new Promise(() => {});

describe("a daemon that dies between two halves of a thing", () => {
  test("a host whose work was over is not locked again by the job's next life", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    const gate = Promise.withResolvers<void>();
    desk.pool.machine("ant").gates.command = () => gate.promise;
    const { job } = await desk.call("run", { workspace: "w", command: ["true"], background: true });
    await settle();
    while (desk.journal.steps.all().length === 0) await settle();
    await shutDown(desk.services);
    const next = await desk.nextLife();
    gate.resolve();
    await next.services.jobs.get(job.id).ended;
    expect(next.services.jobs.get(job.id).state).toBe("done");
    expect(desk.pool.machine("bee").files.operation).toBeNull();
    expect(desk.pool.machine("bee").commands).toEqual(["true"]);
  });

  test("a lock that was taken for a job which had not begun is taken anew", async () => {
    using desk = openDesk({ hosts: ["ant", "bee"] });
    await desk.call("add_host", { workspace: "w", target: ["ant", "bee"] });
    const bee = desk.pool.machine("bee");
    bee.gates.lock = never;
    const { job } = await desk.call("run", { workspace: "w", command: ["true"], background: true });
    await settle();
    const former = desk.pool.machine("ant").files.operation?.bytes;
    expect(former).toBeDefined();
    delete bee.gates.lock;
    const next = await desk.nextLife();
    await next.services.jobs.get(job.id).ended;
    expect(next.services.jobs.get(job.id).state).toBe("done");
    expect(desk.pool.machine("ant").files.operation).toBeNull();
  });

  test("a job that waits for nothing waits for what the former life left", async () => {
    using desk = openDesk({ hosts: ["ant"], lock: { wait: 0, wait_poll: 15 } });
    // Nothing is written down any more from the moment on that it has the host.
    const { journal } = desk;
    const write = journal.write.bind(journal);
    journal.write = (change) => journal.claims.get("ant:22")?.state === "claimed" || write(change);
    const adding = { workspace: "w", target: ["ant"], wait: 0, background: true };
    const { job } = await desk.call("add_host", adding);
    await settle();
    const next = await desk.nextLife();
    await next.clock.advance(20_000);
    expect(next.services.jobs.get(job.id).state).toBe("done");
  });

  test("a lock by hand that unlock had removed is forgotten", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    await desk.call("lock", { workspace: "w", comment: ["mine"] });
    desk.pool.machine("ant").files.operation = null;
    const next = await desk.nextLife();
    await settle();
    await next.call("run", { workspace: "w", command: ["true"] });
    expect(desk.pool.machine("ant").commands).toEqual(["true"]);
  });

  test("a host that was being taken over says whose it is", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    ant.gates.lock = never;
    const claim = desk.services.arbiter.view().claims[0]?.id;
    void desk.call("takeover", { workspace: "v", host: "ant", claim, reason: "urgent" });
    await settle();
    expect(ant.files.pool?.bytes).toContain("[w]");
    delete ant.gates.lock;
    const next = await desk.nextLife();
    await settle();
    expect(next.services.workspaces.find("v")?.hosts.has("ant")).toBe(true);
    expect(ant.files.pool?.bytes).toContain("[v]");
  });

  test("steps of a job that had ended are forgotten, here and on its hosts", async () => {
    using desk = openDesk({ hosts: ["ant"] });
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const ant = desk.pool.machine("ant");
    const forget = desk.services.steps.journal;
    forget.forget = () => undefined;
    const { job } = await desk.call("run", { workspace: "w", command: ["true"] });
    expect(desk.journal.steps.all()).toHaveLength(1);
    ant.collected.length = 0;
    const next = await desk.nextLife();
    await settle();
    expect(next.journal.steps.all()).toEqual([]);
    expect(ant.collected).toEqual([`${next.services.jobs.get(job.id).trace}.1`]);
  });
});
