import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "@mtui/core/registry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  doubleHoldings,
  doubleUses,
  foreignLock,
  type Lab,
  type LabHost,
  lockHoldings,
  lockPath,
  readLock,
  startLab,
  usesOf,
  waitUntil,
} from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { leftBehind, runs } from "./support/left-behind.ts";

const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";
const SLEEP = "sleep 87654";

interface Queue {
  claims: { host: string; workspace: string; state: string; id: string }[];
  tickets: { id: string; workspace: string; position: number; job: string | null }[];
}

describe.skipIf(withoutLab)("a daemon that was killed, and its next life", () => {
  let lab: Lab;
  let home: TesterHome;
  let ant: LabHost;
  let bee: LabHost;
  let cat: LabHost;
  /** Which workspaces' locks the hosts' observers must have seen during a test: `<workspace> <lock> <host>`. */
  let atWork: string[] = [];
  let earlier = new Set<string>();

  beforeAll(async () => {
    lab = await startLab({
      config: { lock: { wait: 600, wait_poll: 1 } },
      hosts: [
        { name: "ant", packages: ["frob = 1.0-1"] },
        { name: "bee", version: "15-SP7" },
        { name: "cat", version: "15-SP7" },
      ],
      released: ["frob = 1.0-1"],
    });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    [ant, bee, cat] = [lab.host("ant"), lab.host("bee"), lab.host("cat")];
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    for (const host of lab.hosts) {
      await host.wire({});
      await host.exec(`pkill -KILL -f '^${SLEEP}'`);
    }
    const { workspaces } = await home.json<{ workspaces: { workspace: string }[] }>("list-workspaces");
    for (const { workspace } of workspaces) await home.ctl("close-workspace", workspace, "--force");
    await waitUntil(async () => (await queue()).claims.length === 0, { for: "all hosts to be free" });
    for (const host of lab.hosts) expect(await leftBehind(host)).toEqual([]);
    const holdings = lockHoldings(lab.hosts);
    const seen = holdings.filter((each) => !earlier.has(keyOf(each)));
    expect(seen.map(({ workspace, lock, host }) => `${workspace} ${lock} ${host}`)).toEqual(
      expect.arrayContaining(atWork),
    );
    expect(atWork).not.toEqual([]);
    atWork = [];
    earlier = new Set(holdings.map(keyOf));
    expect(doubleHoldings(holdings)).toEqual([]);
    expect(doubleUses(lab.hosts.flatMap((host) => usesOf(host)))).toEqual([]);
    expect(await queue()).toMatchObject({ claims: [], tickets: [] });
    await home.ctl("daemon", "stop");
  });

  async function ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await home.ctl(...args);
    expect({ args, code, stderr }).toMatchObject({ args, code: 0 });
    return stdout;
  }

  const queue = () => home.json<Queue>("queue");
  const status = (id: string) => home.json<JobView>("job", "status", id);

  async function background(operation: string, ...args: string[]): Promise<string> {
    const { stdout } = await home.ctl(operation, "--json", "--background", ...args);
    const reply = JSON.parse(stdout) as { job?: JobView; jobs?: JobView[] };
    return (reply.job ?? reply.jobs?.[0])?.id ?? "";
  }

  async function killDaemon(): Promise<void> {
    const pid = home.daemonPid ?? 0;
    process.kill(pid, "SIGKILL");
    await waitUntil(() => !alive(pid), { for: "the daemon to be gone" });
  }

  function loseState(): void {
    const directory = join(home.dir, "state", "mtui");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, "state.db");
    for (const end of ["-wal", "-shm"]) rmSync(file + end, { force: true });
    writeFileSync(file, "no database, and longer than a header".repeat(50));
  }

  const nonceOf = (text: string | null) => / n=([0-9a-f]+)/.exec(text ?? "")?.[1] ?? "none";

  test("claims, locks by hand, places in the queue and jobs are there again", async () => {
    await ok("add-host", "-w", "desk", "-t", "ant", "-t", "bee");
    await ok("lock", "-w", "desk", "-t", "ant", "-c", "mine");
    await ok("add-host", "-w", "work", "-t", "cat");
    const working = await background("run", "-w", "work", "--", ...SLEEP.split(" "));
    atWork = ["desk pool ant", "desk pool bee", "desk operation ant", "work pool cat", "work operation cat"];
    const first = await background("add-host", "-w", "first", "-t", "ant");
    const second = await background("add-host", "-w", "second", "-t", "ant");
    await waitUntil(() => runs(cat, SLEEP), { for: "the command to run" });
    const before = await queue();
    expect(before.tickets.map(({ job, position }) => [job, position])).toEqual([
      [first, 1],
      [second, 2],
    ]);
    const locks = { pool: await readLock(ant, "pool"), hand: await readLock(ant, "operation") };

    await killDaemon();
    expect(await runs(cat, SLEEP)).toBe(true);

    const after = await queue();
    expect(after.claims.map(({ id, host, workspace }) => [id, host, workspace])).toEqual(
      before.claims.map(({ id, host, workspace }) => [id, host, workspace]),
    );
    await waitUntil(async () => (await queue()).tickets.length === 2, { for: "both to wait again" });
    expect((await queue()).tickets.map(({ id, job, position }) => [id, job, position])).toEqual(
      before.tickets.map(({ id, job, position }) => [id, job, position]),
    );
    expect(await status(first)).toMatchObject({ state: "waiting" });
    expect(await status(working)).toMatchObject({ state: "running" });

    // The same right to the same hosts: a command runs under the lock that was taken by hand in the former life.
    expect(await ok("run", "-w", "desk", "-t", "ant", "--", "true")).toContain("ant");
    expect(nonceOf(await readLock(ant, "pool"))).toBe(nonceOf(locks.pool));
    expect(nonceOf(await readLock(ant, "operation"))).toBe(nonceOf(locks.hand));

    // What goes on there ends as it ends, and its job says how.
    await cat.must(`pkill -KILL -f '^${SLEEP}'`);
    await home.ctl("job", "wait", working, "--timeout", "30");
    expect(await status(working)).toMatchObject({ state: "failed", hosts: { cat: { exit: 137 } } });
    await ok("run", "-w", "work", "--", "true");

    await ok("close-workspace", "desk");
    await ok("job", "wait", first, "--timeout", "60");
    atWork.push("first pool ant");
    expect((await queue()).tickets).toMatchObject([{ job: second, position: 1 }]);
    await ok("job", "cancel", second);
  });

  test("what was being taken when it died is taken again, or given back", async () => {
    await ok("daemon", "start");
    await ant.wire({ delayMs: 300 });
    const id = await background("add-host", "-w", "slow", "-t", "ant");
    await waitUntil(async () => (await queue()).claims.some(({ state }) => state === "acquiring"), {
      for: "the host to be connected",
    });
    await killDaemon();
    await ant.wire({});
    await ok("job", "wait", id, "--timeout", "60");
    expect(await status(id)).toMatchObject({ state: "done" });
    expect(nonceOf(await readLock(ant, "pool"))).not.toBe("none");
    atWork = ["slow pool ant"];
  });

  test("a host that somebody else took meanwhile is theirs", async () => {
    await ok("add-host", "-w", "desk", "-t", "bee");
    await killDaemon();
    const theirs = await foreignLock(bee, {
      file: "pool",
      user: "bob",
      comment: "mtui pool SUSE:Maintenance:1:2 [SUSE:Maintenance:1:2]",
    });
    await waitUntil(async () => (await queue()).claims.length === 0, { for: "the claim to end" });
    const { hosts } = await home.json<{ hosts: unknown[] }>("list-hosts", "-w", "desk");
    expect(hosts).toEqual([]);
    expect(await readLock(bee, "pool")).toBe(theirs);
    await bee.exec(`rm ${lockPath("pool")}`);
    atWork = ["desk pool bee", "bob pool bee"];
  });

  test("a host that does not answer stays a desk's own, and works when it is back", async () => {
    await ok("add-host", "-w", "desk", "-t", "bee");
    await killDaemon();
    await bee.wire({ refuse: true });
    expect((await queue()).claims).toMatchObject([{ host: "bee", workspace: "desk", state: "claimed" }]);
    expect(await home.ctl("run", "-w", "desk", "--", "true")).toMatchObject({ code: 1 });
    await bee.wire({});
    await ok("run", "-w", "desk", "--", "true");
    atWork = ["desk pool bee", "desk operation bee"];
  });

  test("a command runs also where one of the same job id had run before the state was lost", async () => {
    loseState();
    await ok("add-host", "-w", "desk", "-t", "bee");
    const old = await background("run", "-w", "desk", "--", "sh", "-c", `echo OLD; exec ${SLEEP}`);
    atWork = ["desk pool bee", "desk operation bee"];
    await waitUntil(() => runs(bee, SLEEP), { for: "the command to run" });
    await killDaemon();
    loseState();
    await ok("add-host", "-w", "desk", "-t", "bee");
    await bee.must(`pkill -KILL -f '^${SLEEP}'`);
    expect(await ok("run", "-w", "desk", "--", "touch", "/root/new")).not.toContain("OLD");
    expect(await status(old)).toMatchObject({ state: "done", command: "run touch /root/new" });
    await bee.must("rm /root/new");
    // What the former one left is nobody's: it goes with the next look at the host.
    await ok("close-workspace", "desk");
    await ok("add-host", "-w", "desk", "-t", "bee");
    await ok("run", "-w", "desk", "--", "true");
    await waitUntil(async () => (await bee.must("find /root/.mtuid -type f 2>/dev/null || true")) === "", {
      for: "the traces to go",
    });
  });

  test("an update that waited begins again after a stop, in its own workspace", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:611:711",
      packages: ["frob = 2.0-1"],
      testplatforms: [SP6],
    });
    await ok("add-host", "-w", "other", "-t", "ant");
    const id = await background("validate", rrid);
    await waitUntil(async () => (await status(id)).state === "waiting", { for: "the update to wait" });
    const stopped = await home.ctl("daemon", "stop");
    expect(stopped).toMatchObject({ code: 0 });
    expect(stopped.stderr).toContain(id);
    for (const host of lab.hosts) expect(await leftBehind(host)).toEqual([]);
    await ok("job", "wait", id, "--timeout", "60");
    const { result } = await home.json<{ result: { verdict: string } }>("job", "result", id);
    expect(result).toMatchObject({ rrid, verdict: "PASSED" });
    const desk = rrid.replaceAll(":", "-");
    atWork = ["other pool ant", `${desk} pool ant`, `${desk} operation ant`];
  });
});

function keyOf({ host, lock, owner, from }: ReturnType<typeof lockHoldings>[number]): string {
  return [host, lock, owner, from].join(" ");
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
