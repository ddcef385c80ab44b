import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { type Lab, type LabHost, readLock, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import {
  hostOf,
  loggedCommands,
  packageRows,
  reportBlock,
  validate,
  verdictLine,
} from "./support/validated.ts";
import { PLATFORM, startVerdictLab, WAITING } from "./support/verdict-lab.ts";

describe.skipIf(withoutLab)("hosts that are lost in the middle of the work", () => {
  let lab: Lab;
  let home: TesterHome;
  let sp6: LabHost;

  beforeAll(async () => {
    lab = await startVerdictLab(["sp6-1", "sp7-1"]);
    home = new TesterHome({ config: lab.files.mtuiYaml });
    sp6 = lab.host("sp6-1");
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  /** What a test breaks, it mends; when it fails before that, this does, for the tests after it. */
  function mendIfFailed(): void {
    onTestFailed(async () => {
      await sp6.reboot();
      await home.ctl("close-workspace", "outlived", "--force");
    });
  }

  /** How often the daemon's log says that a host could not be given back since a command is at work. */
  async function refusedReleases(): Promise<number> {
    return (await home.ctl("daemon", "logs")).stdout.split("still at work").length - 1;
  }

  test("sshd dies in the middle of the update: that host is lost and left alone, the other PASSED", async () => {
    const name = "lost-one";
    mendIfFailed();
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:301:1",
      packages: {
        "15-SP6": [{ name, version: "2.0-1", pre: WAITING }],
        "15-SP7": [`${name} = 2.0-1`],
      },
      testplatforms: [PLATFORM.sp6, PLATFORM.sp7],
    });
    const before = await refusedReleases();
    const running = validate(home, rrid);
    await waitUntil(async () => (await sp6.readFile("/tmp/here")) !== null, { for: "%pre on sp6-1" });
    await sp6.killSshd();
    const done = await running;

    expect(done).toMatchObject({ code: 1, job: { state: "lost" }, result: { verdict: "FAILED" } });
    const [lost, other] = ["sp6-1", "sp7-1"].map((name) => hostOf(done, name));
    expect(lost).toMatchObject({ state: "lost", verdict: "LOST", error: { kind: "host.lost" } });
    expect(packageRows(lost!)).toEqual({ [name]: ["1.0-1", null, "UNKNOWN", "could not be asked"] });
    expect(other).toMatchObject({ state: "ok", verdict: "PASSED", error: null });
    expect(verdictLine(done, "sp6-1")).toEqual(["=> PASSED/FAILED"]);
    expect(verdictLine(done, "sp7-1")).toEqual(["=> PASSED"]);
    expect(reportBlock(done, "sp6-1").join("\n")).toContain("the host was lost");
    expect(done.result.unreleased.map(({ host }) => host)).toEqual(["sp6-1"]);
    expect(loggedCommands(lost!).at(-1)).toBe("lost");
    expect(loggedCommands(lost!).filter((line) => line.includes("--oldpackage"))).toEqual([]);

    // It can be reached while our zypper still works there: both locks stay until it has ended, then they go.
    await sp6.startSshd();
    await waitUntil(async () => (await refusedReleases()) > before, {
      for: "a try to release sp6-1",
      everyMs: 250,
    });
    expect(await readLock(sp6)).toContain(rrid);
    expect(await readLock(sp6, "pool")).toContain(rrid);
    expect((await home.json<{ claims: { host: string }[] }>("queue")).claims.map(({ host }) => host)).toEqual(
      ["sp6-1"],
    );
    await sp6.must("echo go >/tmp/go");
    await waitUntil(async () => (await readLock(sp6, "pool")) === null, { for: "the release of sp6-1" });
    expect(await readLock(sp6)).toBeNull();
    // Nobody rolled back what nobody could speak for.
    expect(await sp6.installed(name)).toBe("2.0-1");
    await sp6.must("rm /tmp/go /tmp/here");
  });

  test("a link that breaks in the middle of the update is made again; the update does not notice", async () => {
    mendIfFailed();
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:302:1",
      packages: { "15-SP6": [{ name: "away-one", version: "2.0-1", pre: WAITING }] },
      testplatforms: [PLATFORM.sp6],
    });
    const running = validate(home, rrid);
    await waitUntil(async () => (await sp6.readFile("/tmp/here")) !== null, { for: "%pre on sp6-1" });
    await sp6.cut();
    await sp6.must("echo go >/tmp/go");
    const done = await running;
    expect(done).toMatchObject({ code: 0, job: { state: "done" }, result: { verdict: "PASSED" } });
    expect(await sp6.installed("away-one")).toBe("2.0-1");
    expect(await readLock(sp6, "pool")).toBeNull();
    await sp6.must("rm /tmp/go /tmp/here");
  });

  test("a command that outlives its link keeps the host locked, also for its own workspace, until it ends", async () => {
    mendIfFailed();
    expect(await home.ctl("add-host", "-w", "outlived", "-t", "sp6-1")).toMatchObject({ code: 0 });
    const first = home.ctl("install", "-w", "outlived", "held-one", "--json");
    await waitUntil(async () => (await sp6.readFile("/tmp/here")) !== null, { for: "%pre on sp6-1" });
    await sp6.killSshd();
    const { code, stdout } = await first;
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      job: { state: "lost" },
      result: { hosts: [{ state: "lost", exit: null, error: { kind: "host.lost" } }] },
    });

    await sp6.startSshd();
    const refused = await home.ctl("run", "-w", "outlived", "true");
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining("locked by tester") });
    await sp6.must("echo go >/tmp/go");
    await waitUntil(async () => (await home.ctl("run", "-w", "outlived", "true")).code === 0, {
      for: "sp6-1 to be free again",
      everyMs: 250,
    });
    expect(await sp6.installed("held-one")).toBe("1.0-1");
    expect(await readLock(sp6)).toBeNull();
    expect(await home.ctl("close-workspace", "outlived")).toMatchObject({ code: 0 });
    expect(await readLock(sp6, "pool")).toBeNull();
    await sp6.must("rm /tmp/go /tmp/here");
  });

  test("a cancel does not wait for a host that is away: cancelled, lost there, and ended when it is seen again", async () => {
    mendIfFailed();
    const sleeps = async (): Promise<boolean> => (await sp6.exec("pgrep -f '^sleep 47110'")).stdout !== "";
    expect(await home.ctl("add-host", "-w", "outlived", "-t", "sp6-1")).toMatchObject({ code: 0 });
    const begun = await home.ctl("run", "-w", "outlived", "--background", "--json", "--", "sleep", "47110");
    const { job, jobs } = JSON.parse(begun.stdout) as { job?: { id: string }; jobs?: { id: string }[] };
    const id = job?.id ?? jobs?.[0]?.id ?? "";
    await waitUntil(sleeps, { for: "the command on sp6-1" });
    await sp6.wire({ refuse: true });
    await sp6.cut();
    expect(await home.ctl("job", "cancel", id)).toMatchObject({ code: 0 });
    await home.ctl("job", "wait", id, "--timeout", "60");
    expect(await home.json("job", "result", id)).toMatchObject({
      job: { state: "cancelled" },
      result: { hosts: [{ state: "lost", exit: null, error: { data: { reason: "not_ended" } } }] },
    });
    expect(await sleeps()).toBe(true);
    expect(await readLock(sp6)).toContain("run");

    await sp6.wire({});
    expect(await home.ctl("run", "-w", "outlived", "true")).toMatchObject({ code: 0 });
    expect(await sleeps()).toBe(false);
    expect(await readLock(sp6)).toBeNull();
    expect(await home.ctl("close-workspace", "outlived")).toMatchObject({ code: 0 });
    expect(await readLock(sp6, "pool")).toBeNull();
  });
});
