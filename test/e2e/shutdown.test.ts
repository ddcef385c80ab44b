import { existsSync } from "node:fs";
import { join } from "node:path";
import type { JobView } from "@mtui/core/registry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Lab, type LabHost, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { startDaemon } from "./support/daemon-process.ts";
import { leftBehind, runs } from "./support/left-behind.ts";

const SP6 = "base=SLES(major=15,minor=SP6);arch=[x86_64];addon=sle-module-basesystem(major=15,minor=SP6)";
const SLEEP = "sleep 98765";
/** Each needs the one before, so that rpm installs them in this order. */
const CHAIN = ["chain-1", "chain-2", "chain-3", "chain-4"];

describe.skipIf(withoutLab)("the end of the daemon", () => {
  let lab: Lab;
  let home: TesterHome;
  let [ant, bee, cat]: LabHost[] = [];

  beforeAll(async () => {
    const packages = CHAIN.map((name) => `${name} = 1.0-1`);
    lab = await startLab({
      // A host that went away is given up soon.
      config: { connection: { reattach: 5 } },
      hosts: [
        { name: "ant", packages },
        { name: "bee", version: "15-SP7" },
        { name: "cat", version: "15-SP7" },
      ],
      released: packages,
    });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    [ant, bee, cat] = lab.hosts.slice();
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
    // What waited is there again with the next daemon, until it is ended for good.
    const { jobs } = await home.json<{ jobs: JobView[] }>("job", "list", "--active");
    for (const { id } of jobs) await home.ctl("job", "cancel", id);
    const { workspaces } = await home.json<{ workspaces: { workspace: string }[] }>("list-workspaces");
    for (const { workspace } of workspaces) await home.ctl("close-workspace", workspace, "--force");
    await home.ctl("daemon", "stop", "--force");
  });

  /** @returns the job's id */
  async function background(operation: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await home.ctl(operation, "--json", "--background", ...args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { job, jobs } = JSON.parse(stdout) as { job?: JobView; jobs?: JobView[] };
    return (job ?? jobs?.[0])?.id ?? "";
  }

  /** A command that would run for ever, on hosts of one workspace. */
  async function sleepOn(...hosts: LabHost[]): Promise<string> {
    const id = await background("run", "--", ...SLEEP.split(" "));
    for (const host of hosts) await waitUntil(() => runs(host, SLEEP), { for: `${SLEEP} on ${host.name}` });
    return id;
  }

  async function addHosts(...names: string[]): Promise<void> {
    const added = await home.ctl("add-host", ...names.flatMap((name) => ["-t", name]));
    expect(added).toMatchObject({ code: 0 });
  }

  /** When the last lock file went, by the host's own record. */
  function freedAt(host: LabHost): number {
    return (
      host.observed().findLast(({ event, path }) => event === "DELETE" && path.includes("mtui"))?.at ?? 0
    );
  }

  /** On ant and bee a command, behind it another one, an update that waits for ant, an add-host on a dead wire. */
  async function everything(
    number: number,
  ): Promise<Record<"running" | "queued" | "waiting" | "connecting", string>> {
    const { rrid } = await lab.makeUpdate({
      rrid: `SUSE:Maintenance:${number}:701`,
      packages: ["chain-1 = 2.0-1"],
      testplatforms: [SP6],
    });
    await addHosts("ant", "bee");
    const running = await sleepOn(ant!, bee!);
    const queued = await background("run", "--", "touch", "/tmp/never");
    const waiting = await background("validate", rrid);
    await waitUntil(async () => (await home.json<JobView>("job", "status", waiting)).state === "waiting", {
      for: "the validation to wait for ant",
    });
    await cat!.wire({ swallow: true });
    const connecting = await background("add-host", "-w", "stuck", "-t", "cat");
    return { running, queued, waiting, connecting };
  }

  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s leaves what runs on its hosts, and what waits, for the next start",
    async (signal) => {
      const daemon = await startDaemon(home);
      const jobs = await everything(signal === "SIGTERM" ? 601 : 603);
      const socket = join(home.dir, "run/mtui/mtuid.sock");
      expect(existsSync(socket)).toBe(true);
      const locks = await ant!.must("cat /run/lock/mtui.lock /run/lock/mtui-pool.lock");

      daemon.signal(signal);
      daemon.signal(signal);
      expect(await daemon.ended).toBe(0);
      for (const host of [ant!, bee!]) expect(await runs(host, SLEEP)).toBe(true);
      expect(await ant!.must("cat /run/lock/mtui.lock /run/lock/mtui-pool.lock")).toBe(locks);
      for (const id of Object.values(jobs)) expect(daemon.stderr).toContain(id);
      expect(daemon.stderr).toContain(`${jobs.running} goes on on ant, bee`);
      expect(daemon.stderr.match(/: stopping/g)).toHaveLength(1);
      expect(daemon.stderr).not.toContain("not released");
      expect(existsSync(socket)).toBe(false);
      expect(home.daemonPid).toBeNull();

      await cat!.wire({});
      await waitUntil(
        async () => (await home.json<JobView>("job", "status", jobs.running)).state === "running",
        { for: "the command to be followed again" },
      );
      expect(await home.json<JobView>("job", "status", jobs.queued)).toMatchObject({ state: "queued" });
      expect(await home.ctl("job", "cancel", jobs.queued)).toMatchObject({ code: 0 });
      expect(await home.ctl("job", "cancel", jobs.running)).toMatchObject({ code: 0 });
      await home.ctl("job", "wait", jobs.running, jobs.queued, "--timeout", "60");
      for (const host of [ant!, bee!]) {
        expect(await runs(host, SLEEP)).toBe(false);
        expect(await host.readFile("/tmp/never")).toBeNull();
      }
    },
  );

  test("`daemon stop --cancel` ends what runs, leaves what waits, and releases every lock", async () => {
    const daemon = await startDaemon(home);
    const jobs = await everything(604);
    const began = Date.now() / 1000;
    const stopped = await home.ctl("daemon", "stop", "--cancel");
    expect(stopped).toMatchObject({ code: 0 });
    expect(await daemon.ended).toBe(0);
    for (const host of [ant!, bee!]) {
      expect(await leftBehind(host)).toEqual([]);
      // The commands end at once, so this is the time for locks alone.
      expect(freedAt(host) - began).toBeGreaterThan(0);
      expect(freedAt(host) - began).toBeLessThan(10);
      expect(await host.readFile("/tmp/never")).toBeNull();
    }
    for (const id of Object.values(jobs)) expect(daemon.stderr).toContain(id);
    for (const id of [jobs.waiting, jobs.connecting]) expect(stopped.stderr).toContain(id);
  });

  test("a package transaction ends with the package in hand, and the rpm database is whole", async () => {
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:602:702",
      packages: CHAIN.map((name, index) => ({
        name,
        version: "2.0-1",
        ...(index === 0 ? {} : { requires: [`${CHAIN[index - 1]} = 2.0`] }),
        ...(index === 1
          ? { pre: ": >/tmp/in-hand; while ! [ -e /tmp/go ]; do sleep 0.1; done; : >/tmp/whole" }
          : {}),
      })),
      testplatforms: [SP6],
    });
    const looks = await countCalls(ant!, "pgrep");
    const daemon = await startDaemon(home);
    await background("validate", rrid);
    await waitUntil(async () => (await ant!.readFile("/tmp/in-hand")) !== null, {
      for: "the %pre of chain-2",
    });

    const stopped = home.ctl("daemon", "stop", "--cancel");
    // It looks again only after it has told zypper; now the package may go on.
    await waitUntil(async () => (await looks()) > 1, { for: "zypper to be told" });
    await ant!.must(": >/tmp/go");
    expect(await stopped).toMatchObject({ code: 0 });
    expect(await daemon.ended).toBe(0);

    expect(await ant!.readFile("/tmp/whole")).not.toBeNull();
    expect(await Promise.all(CHAIN.map((name) => ant!.installed(name)))).toEqual([
      "2.0-1",
      "2.0-1",
      "1.0-1",
      "1.0-1",
    ]);
    expect((await ant!.exec(`rpm -V ${CHAIN.join(" ")}`)).stdout).toBe("");
    expect(await ant!.must("ls /etc/zypp/repos.d")).not.toContain("issue-");
    expect(await leftBehind(ant!)).toEqual([]);
    // Whole enough to be worked with.
    await ant!.must("zypper -n in frobnicate-plugins && zypper -n rm frobnicate-plugins");
  });

  test("hosts that do not answer are named with what frees them, and hold up no other", async () => {
    const daemon = await startDaemon(home);
    await addHosts("ant", "bee", "cat");
    await sleepOn(ant!, bee!, cat!);
    await bee!.wire({ refuse: true });
    await bee!.cut();
    const running = await home.json<{ jobs: JobView[] }>("job", "list", "--active");
    expect(running.jobs).toHaveLength(1);

    expect(await home.ctl("daemon", "stop", "--cancel")).toMatchObject({ code: 1 });
    expect(await daemon.ended).toBe(1);
    expect(await leftBehind(ant!)).toEqual([]);
    expect(await leftBehind(cat!)).toEqual([]);
    const named = daemon.stderr.split("\n").filter((line) => line.includes("not released"));
    expect(named.join("\n")).toContain("bee was not released");
    expect(named.join("\n")).not.toMatch(/(ant|cat) was not released/);
    expect(await leftBehind(bee!)).toEqual(expect.arrayContaining(["mtui.lock", "mtui-pool.lock", SLEEP]));

    // What the message says to type does free it.
    await bee!.wire({});
    const [, hint = ""] = /: (mtuictl daemon start.*)/.exec(daemon.stderr) ?? [];
    for (const step of hint.split("; ")) {
      expect(await home.run("sh", ["-c", step])).toMatchObject({ code: 0 });
    }
    expect((await home.ctl("queue")).stdout).toMatch(/bee.*releasing/);
    // Not before the command there has ended: until then the host is nobody else's.
    await bee!.must(`pkill -f '^${SLEEP}'`);
    await waitUntil(async () => (await leftBehind(bee!)).length === 0, { for: "bee to be freed" });
    expect(await home.ctl("daemon", "stop")).toMatchObject({ code: 0 });
  });

  test("`daemon stop` says the same, on the terminal and in the log; a frozen host costs ten seconds", async () => {
    await addHosts("ant", "bee");
    expect(await home.ctl("lock", "-c", "by", "hand")).toMatchObject({ code: 0 });
    await bee!.wire({ freeze: true });

    const stopped = await home.ctl("daemon", "stop");
    expect(stopped).toMatchObject({ code: 1 });
    expect(stopped.stdout).toContain("has stopped");
    expect(stopped.stderr).toContain("bee was not released");
    expect(stopped.stderr).toContain("nothing was at work there: ant (");
    expect(stopped.stderr).toContain("mtuictl daemon start");
    expect(stopped.ms).toBeLessThan(15_000);
    const log = await home.ctl("daemon", "logs");
    expect(log.stdout).toContain("bee was not released");
    expect(log.stdout).not.toContain("ant was not released");
    expect(await leftBehind(ant!)).toEqual([]);
    expect(home.daemonPid).toBeNull();
  });
});

/** Puts a counter before a program of the host. */
async function countCalls(host: LabHost, program: string): Promise<() => Promise<number>> {
  const path = (await host.must(`type -P ${program}`)).trim();
  await host.must(`mv ${path} ${path}.real`);
  await host.writeFile(path, `#!/bin/sh\necho >>/tmp/calls\nexec ${path}.real "$@"\n`);
  await host.must(`chmod 755 ${path}`);
  return async () => (await host.readFile("/tmp/calls"))?.length ?? 0;
}
