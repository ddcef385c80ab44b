import { once } from "node:events";
import type { ErrorReport } from "@mtui/core/protocol";
import type { JobView, ResultOf } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  foreignLock,
  type Lab,
  type LabHost,
  readLock,
  removeLock,
  startLab,
  waitUntil,
} from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";

describe.skipIf(withoutLab)("jobs belong to the daemon, not to whoever started them", () => {
  let lab: Lab;
  let home: TesterHome;
  let ant: LabHost;
  /** The hosts of the workspace. */
  let desk: LabHost[];

  beforeAll(async () => {
    lab = await startLab({
      config: { lock: { wait_poll: 1 } },
      hosts: [
        { name: "ant", version: "15-SP6" },
        { name: "bee", version: "15-SP6" },
        // Nobody's: `--free` has to go there by itself.
        { name: "cat", version: "15-SP6" },
        { name: "dog", version: "15-SP6" },
      ],
    });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: "alice" });
    ant = lab.host("ant");
    desk = [ant, lab.host("bee")];
    await home.ctl("add-host", "-t", "ant", "-t", "bee");
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** A command that says `begun`, and ends when the file is there: no test waits for a clock. */
  function gated(gate: string): string[] {
    return ["sh", "-c", `echo begun; while ! test -e ${gate}; do sleep 0.1; done; echo ended`];
  }

  async function open(gate: string): Promise<void> {
    for (const host of desk) await host.writeFile(gate, "");
  }

  async function begun(host: LabHost, gate: string): Promise<void> {
    await waitUntil(async () => (await host.exec(`pgrep -f 'test -e ${gate}'`)).exit === 0, {
      for: `the command on ${host.name}`,
    });
  }

  async function background(...command: string[]): Promise<string> {
    const { stdout } = await home.ctl("run", "--background", "--json", "--", ...command);
    const { job } = JSON.parse(stdout) as { job: JobView };
    return job.id;
  }

  test("a closed terminal cancels nothing, and another one sees the whole output", async () => {
    const client = home.startCtl("run", "--", ...gated("/tmp/gate-1"));
    await begun(ant, "/tmp/gate-1");
    client.kill("SIGKILL");
    await once(client, "close");
    const [job] = (await home.json<{ jobs: JobView[] }>("job", "list", "--active")).jobs;
    expect(job).toMatchObject({ operation: "run", state: "running" });
    const follower = home.ctl("job", "follow", job?.id ?? "");
    await open("/tmp/gate-1");
    const followed = await follower;
    expect(followed.code).toBe(0);
    expect(followed.stdout + followed.stderr).toMatch(/begun[\s\S]*ended/);
    const { result } = await home.json<ResultOf<"job_result">>("job", "result", job?.id ?? "");
    const hosts = (result as ResultOf<"run">["result"])?.hosts;
    expect(hosts?.map(({ host, state, commands }) => [host, state, commands[0]?.stdout])).toEqual([
      ["ant", "ok", "begun\nended\n"],
      ["bee", "ok", "begun\nended\n"],
    ]);
  });

  test("a cancel ends the processes on the hosts, gives the locks back, and says what was done", async () => {
    const id = await background(...gated("/tmp/gate-2"));
    await begun(ant, "/tmp/gate-2");
    expect(await readLock(ant)).toContain("alice+mtuid");
    expect(await home.json("job", "cancel", id)).toMatchObject({ cancelled: true });
    const waited = await home.ctl("job", "wait", id);
    expect(waited.code).toBe(1);
    expect(await home.json<JobView>("job", "status", id)).toMatchObject({
      state: "cancelled",
      hosts: { ant: { state: "cancelled" }, bee: { state: "cancelled" } },
    });
    for (const host of desk) {
      expect((await host.exec("pgrep -f 'test -e /tmp/gate-2'")).exit).toBe(1);
      expect(await readLock(host)).toBe(null);
    }
    // It has ended; a second cancel does not pretend otherwise.
    const again = await home.json<{ cancelled: boolean; message: string }>("job", "cancel", id);
    expect(again).toMatchObject({ cancelled: false, message: `Job ${id} had already ended: cancelled.` });
    expect((await home.ctl("job", "cancel", id)).code).toBe(1);
  });

  test.each([
    ["detach", "running", "ok"],
    ["cancel", "cancelled", "cancelled"],
  ])("Ctrl-C without a terminal and --on-interrupt %s", async (choice, after, host) => {
    const gate = `/tmp/gate-${choice}`;
    const client = home.startCtl("run", "--on-interrupt", choice, "--", ...gated(gate));
    await begun(ant, gate);
    client.kill("SIGINT");
    const [code] = (await once(client, "close")) as [number];
    expect(code).toBe(130);
    const [job] = (await home.json<{ jobs: JobView[] }>("job", "list")).jobs;
    await waitUntil(async () => (await home.json<JobView>("job", "status", job?.id ?? "")).state === after, {
      for: `the job to be ${after}`,
    });
    await open(gate);
    await home.ctl("job", "wait", job?.id ?? "");
    const ended = await home.json<JobView>("job", "status", job?.id ?? "");
    expect(ended.hosts["ant"]?.state).toBe(host);
  });

  test("the result of a job that runs is refused, with how far it is", async () => {
    const id = await background(...gated("/tmp/gate-3"));
    await begun(ant, "/tmp/gate-3");
    const { code, stdout } = await home.ctl("job", "result", id, "--json");
    expect({ code, kind: (JSON.parse(stdout) as { error: ErrorReport }).error.kind }).toEqual({
      code: 4,
      kind: "job.running",
    });
    const wait = await home.ctl("job", "wait", id, "--timeout", "0", "--json");
    expect(wait.code).toBe(4);
    expect(JSON.parse(wait.stdout)).toMatchObject({ finished: false, jobs: [{ id, state: "running" }] });
    const busy = await home.ctl("close-workspace", "default");
    expect(busy.code).toBe(4);
    expect(busy.stderr).toContain(id);
    await open("/tmp/gate-3");
    expect((await home.ctl("job", "wait", id)).code).toBe(0);
    expect((await home.ctl("job", "result", id)).code).toBe(0);
  });

  test("a job that failed on one host says so wherever it is asked, and `done` of the other", async () => {
    await ant.must("touch /tmp/only-here");
    const id = await background("test", "-e", "/tmp/only-here");
    expect((await home.ctl("job", "wait", id)).code).toBe(1);
    expect((await home.ctl("job", "result", id)).code).toBe(1);
    expect((await home.ctl("job", "follow", id)).code).toBe(1);
    expect(await home.json<JobView>("job", "status", id)).toMatchObject({
      state: "failed",
      hosts: { ant: { state: "ok" }, bee: { state: "failed", exit: 1 } },
    });
  });

  test("a job that ran before its cancel keeps what it did: the cancel ends the rest", async () => {
    const id = await background("sh", "-c", "if test -e /tmp/only-here; then exit 0; fi; sleep 4321");
    await waitUntil(
      async () => (await home.json<JobView>("job", "status", id)).hosts["ant"]?.state === "ok",
      { for: "ant to be done" },
    );
    await home.ctl("job", "cancel", id);
    expect((await home.ctl("job", "wait", id)).code).toBe(1);
    const { job, result } = await home.json<ResultOf<"job_result">>("job", "result", id);
    expect(job).toMatchObject({ state: "cancelled" });
    const hosts = (result as ResultOf<"run">["result"])?.hosts;
    expect(hosts?.map(({ host, state, exit }) => [host, state, exit])).toEqual([
      ["ant", "ok", 0],
      ["bee", "cancelled", null],
    ]);
    expect(hosts?.[1]?.error?.message).toContain("was ended by the cancel");
    expect((await lab.host("bee").exec("pgrep -f 'sleep 4321'")).exit).toBe(1);
  });

  test("mutations of one workspace go one after the other, other workspaces do not wait", async () => {
    const first = await background(...gated("/tmp/gate-4"));
    await begun(ant, "/tmp/gate-4");
    const second = await background("true");
    expect(await home.json<JobView>("job", "status", second)).toMatchObject({ state: "queued" });
    expect((await home.ctl("list-hosts")).code).toBe(0);
    const other = await home.ctl("add-host", "-w", "other", "-t", "ant");
    expect(other.code).toBe(4);
    expect(other.stderr).toContain("default");
    await open("/tmp/gate-4");
    expect((await home.ctl("job", "wait", first, second)).code).toBe(0);
  });

  test("a job that waits for another person's lock says so, and runs when it is gone", async () => {
    await foreignLock(ant, { user: "bob", comment: "a moment" });
    const { stdout } = await home.ctl("run", "--background", "--wait", "60", "--json", "--", "true");
    const { id } = (JSON.parse(stdout) as { job: JobView }).job;
    await waitUntil(async () => (await home.json<JobView>("job", "status", id)).state === "waiting", {
      for: "the job to wait",
    });
    const told = await home.ctl("job", "status", id);
    expect(told.stdout).toContain("bob");
    await removeLock(ant);
    expect((await home.ctl("job", "wait", id, "--timeout", "60")).code).toBe(0);
  });

  test("a lock taken by hand survives the workspace's own operations", async () => {
    expect((await home.ctl("lock", "-c", "testing", "by", "hand")).code).toBe(0);
    const bytes = await readLock(ant);
    expect(bytes).toContain("testing by hand");
    expect((await home.ctl("run", "--", "true")).code).toBe(0);
    expect(await readLock(ant)).toBe(bytes);
    expect((await home.ctl("unlock")).code).toBe(0);
    expect(await readLock(ant)).toBe(null);
  });

  test("list-refhosts --free looks at locks and touches nothing", async () => {
    const dog = lab.host("dog");
    const bytes = await foreignLock(dog, { user: "bob", comment: "until Monday" });
    // Its own write is on record too.
    await waitUntil(() => dog.observed().some(({ content }) => content === bytes), { for: "the observer" });
    // But for what add-host tidies up a moment later.
    const seen = (): unknown[] =>
      lab.hosts.map((host) =>
        host.observed().filter(({ event, path }) => event !== "DELETE" || !path.includes("/.mtui-")),
      );
    const before = seen();
    type Rows = { hosts: { name: string; lock: string; lock_text?: string }[] };
    const { hosts } = await home.json<Rows>("list-refhosts", "--free");
    expect(hosts.map(({ name, lock }) => [name, lock])).toEqual([
      ["ant", "held"],
      ["bee", "held"],
      ["cat", "free"],
      ["dog", "locked"],
    ]);
    expect(hosts[3]?.lock_text).toMatch(/bob.*until Monday/);
    // Not one file of ours was made, opened for writing or removed; not even the guard.
    expect(seen()).toEqual(before);
    expect(await readLock(dog)).toBe(bytes);
  });
});
