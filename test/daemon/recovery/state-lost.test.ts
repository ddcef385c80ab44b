import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Desk, openDesk } from "../support/desk.ts";
import { settle } from "../support/virtual-clock.ts";

test("a job that begins again is known to its hosts as before; one of an older mtuid by its id alone", async () => {
  using desk = openDesk({ hosts: ["ant"] });
  const ant = desk.pool.machine("ant");
  await desk.call("add_host", { workspace: "w", target: ["ant"] });
  ant.gates.command = () => new Promise(() => undefined);
  const { job } = await desk.call("run", { workspace: "w", command: ["long"], background: true });
  while (ant.changes.length === 0) await settle();
  const traceIn = ({ services }: Desk): string => services.jobs.get(job.id).trace;
  expect(ant.changes).toMatchObject([{ id: `${traceIn(desk)}.1` }]);
  const next = await desk.nextLife();
  expect(traceIn(next)).toBe(traceIn(desk));
  expect(next.services.jobs.get(job.id).state).toBe("queued");
  await settle();
  expect(ant.commands).toEqual(["long"]);

  const row = next.journal.jobs.get(job.id);
  if (row !== null) next.journal.write(() => next.journal.jobs.put(job.id, { ...row, trace: null }));
  expect(traceIn(await next.nextLife())).toBe(job.id);
});

test("a job is not taken for the one that had its id before the state was lost: its command runs", async () => {
  const directory = mkdtempSync(join(tmpdir(), "mtui-lost-"));
  try {
    using desk = openDesk({ hosts: ["ant"], directory });
    const ant = desk.pool.machine("ant");
    await desk.call("add_host", { workspace: "w", target: ["ant"] });
    const hang = Promise.withResolvers<void>();
    ant.gates.command = () => hang.promise;
    const old = await desk.call("run", { workspace: "w", command: ["old"], background: true });
    while (ant.changes.length === 0) await settle();

    const next = await desk.nextLife({
      before: () => {
        const [home = ""] = readdirSync(directory);
        writeFileSync(join(directory, home, "state.db"), "no database, and longer than a header".repeat(50));
      },
    });
    hang.resolve();
    // A host in memory knows nothing of locks that are ours without being written down; a real one's are replaced.
    ant.files.pool = ant.files.operation = null;
    await next.call("add_host", { workspace: "w", target: ["ant"] });
    const { job, result } = await next.call("run", { workspace: "w", command: ["new"] });
    expect(job.id).toBe(old.job.id);
    expect(ant.commands).toEqual(["old", "new"]);
    expect(JSON.stringify(result)).toContain("new");
    expect(JSON.stringify(result)).not.toContain("old");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
