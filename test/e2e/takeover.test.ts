import type { DaemonEvent } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  doubleHoldings,
  foreignLock,
  type Lab,
  type LabHost,
  lockHoldings,
  lockPath,
  type Observation,
  readLock,
  startLab,
  waitUntil,
} from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { leftBehind, runs } from "./support/left-behind.ts";

interface Failure {
  error: { kind: string; message: string; data?: Record<string, unknown> };
}

interface Queue {
  claims: { id: string; host: string; workspace: string; lease_until: number; job: string | null }[];
}

interface Locks {
  locks: { kind: string; state: string; workspace: string | null; daemon: string | null; age: number }[];
}

describe.skipIf(withoutLab)("one host, two workspaces", () => {
  let lab: Lab;
  let home: TesterHome;
  let host: LabHost;

  beforeAll(async () => {
    lab = await startLab({ config: { lock: { wait_poll: 1 } }, hosts: [{ name: "one", version: "15-SP6" }] });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: "alice" });
    host = lab.host("one");
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  async function claimOf(workspace: string): Promise<string> {
    const { claims } = await home.json<Queue>("queue");
    return claims.find((claim) => claim.workspace === workspace)?.id ?? "";
  }

  async function takeOver(workspace: string, claim: string, ...flags: string[]) {
    return home.ctl(
      "takeover",
      "one",
      "-w",
      workspace,
      "--claim",
      claim,
      "--reason",
      "an incident",
      ...flags,
    );
  }

  /** A command that is refused, with the reason. */
  async function run(workspace: string, ...command: string[]): Promise<Failure> {
    const { stdout } = await home.ctl("run", "--json", "-w", workspace, "--", ...command);
    return JSON.parse(stdout) as Failure;
  }

  /** Where the host saw the pool lock go from one text to another, or to none. */
  function poolChanges(): (Observation & { content: string | null })[] {
    return host.observed().filter(({ path }) => path.endsWith(lockPath("pool").split("/").at(-1) ?? ""));
  }

  test("a takeover: the lock on the host changes its text without going away, and the loser is refused", async () => {
    expect(await home.ctl("add-host", "-w", "loser", "-t", "one")).toMatchObject({ code: 0 });
    const before = poolChanges().length;
    expect(await takeOver("taker", await claimOf("loser"))).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("one is workspace taker's now"),
    });
    expect(await readLock(host, "pool")).toContain("[taker]");
    const changes = poolChanges().slice(before);
    expect(changes.map(({ event }) => event)).not.toContain("DELETE");
    expect(changes.filter(({ content }) => content === null)).toEqual([]);

    const refused = await run("loser", "touch", "/tmp/loser-was-here");
    expect(refused.error).toMatchObject({
      kind: "claim.lost",
      message: expect.stringContaining("taken over by workspace taker"),
      data: { hosts: [{ host: "one", reason: "an incident" }] },
    });
    const again = await run("loser", "true");
    expect(again.error.kind).toBe("host.none");
    expect(await home.ctl("run", "-w", "taker", "--", "touch", "/tmp/taker-was-here")).toMatchObject({
      code: 0,
    });
    expect(await host.readFile("/tmp/loser-was-here")).toBeNull();
    expect(await host.readFile("/tmp/taker-was-here")).toBe("");

    const { locks } = await home.json<Locks>("list-locks", "-w", "taker");
    expect(locks.find(({ kind }) => kind === "pool")).toMatchObject({
      state: "ours",
      workspace: "taker",
      daemon: "this",
    });
    const { events } = await home.json<{ events: DaemonEvent[] }>("events", "--type", "claim.lost");
    expect(events).toMatchObject([
      { workspace: "loser", host: "one", text: "taken over by workspace taker: an incident" },
    ]);
    expect(await home.ctl("close-workspace", "taker")).toMatchObject({ code: 0 });
    await home.ctl("close-workspace", "loser");
    expect(await leftBehind(host)).toEqual([]);
  });

  test("--force ends the loser's command on the host before the taker's can begin", async () => {
    expect(await home.ctl("add-host", "-w", "loser", "-t", "one")).toMatchObject({ code: 0 });
    await home.ctl("run", "-w", "loser", "--background", "--", "sleep", "7331");
    await waitUntil(() => runs(host, "sleep 7331"), { for: "the command on the host" });
    const claim = await claimOf("loser");
    const busy = await home.json<Failure>(
      "takeover",
      "one",
      "-w",
      "taker",
      "--claim",
      claim,
      "--reason",
      "r",
    );
    expect(busy.error.kind).toBe("workspace.busy");
    expect(await readLock(host, "pool")).toContain("[loser]");

    expect(await takeOver("taker", claim, "--force")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^run-\d+: cancelled\n/),
    });
    expect(await runs(host, "sleep 7331")).toBe(false);
    expect(await readLock(host, "operation")).toBeNull();
    expect(await readLock(host, "pool")).toContain("[taker]");
    expect(await home.ctl("run", "-w", "taker", "--", "true")).toMatchObject({ code: 0 });
    // The same claim cannot be taken twice.
    expect(await takeOver("third", claim)).toMatchObject({ code: 4 });
    expect(await home.ctl("unlock", "-w", "taker", "--pool")).toMatchObject({ code: 0 });
    expect((await home.json<Queue>("queue")).claims).toEqual([]);
    await home.ctl("close-workspace", "loser");
    expect(await leftBehind(host)).toEqual([]);
    const holdings = lockHoldings([host]);
    expect(holdings.map(({ workspace, lock }) => `${workspace} ${lock}`)).toEqual(
      expect.arrayContaining(["loser pool", "loser operation", "taker pool", "taker operation"]),
    );
    expect(doubleHoldings(holdings)).toEqual([]);
  });

  test("a foreign operation lock goes by force alone, and it is written down whose it was", async () => {
    expect(await home.ctl("add-host", "-w", "mine", "-t", "one")).toMatchObject({ code: 0 });
    await foreignLock(host, { user: "bob", comment: "back on Monday" });
    expect(await home.ctl("unlock", "-w", "mine")).toMatchObject({ code: 4 });
    expect(await readLock(host)).toContain("bob");
    expect(await home.ctl("unlock", "-w", "mine", "--force")).toMatchObject({ code: 0 });
    expect(await readLock(host)).toBeNull();
    const { events } = await home.json<{ events: DaemonEvent[] }>("events", "--type", "lock.*", "-t", "one");
    expect(events).toMatchObject([
      {
        type: "lock.forced",
        workspace: "mine",
        data: { kind: "operation", user: "bob", comment: "back on Monday" },
      },
    ]);
    const logged = (await home.ctl("daemon", "logs")).stdout;
    expect(logged).toMatch(
      /one: the operation lock was removed by force for workspace mine.*bob.*back on Monday/,
    );
  });

  test("nor by force while a command is at work under it", async () => {
    await home.ctl("run", "-w", "mine", "--background", "--", "sleep", "7332");
    await waitUntil(() => runs(host, "sleep 7332"), { for: "the command on the host" });
    // The lock is overwritten as other mtuis do; the command below it goes on.
    await foreignLock(host, { user: "bob" });
    expect(await home.ctl("unlock", "-w", "mine", "--force")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("still at work"),
    });
    expect(await readLock(host)).toContain("bob");
    await home.ctl("close-workspace", "mine", "--force");
    await host.must(`rm -f ${lockPath("operation")}`);
    expect(await leftBehind(host)).toEqual([]);
  });

  test("queue --watch shows a change when it happens, and ends with 130", async () => {
    const child = home.startCtl("queue", "--watch", "--json");
    let out = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
    const documents = (): Queue[] =>
      out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Queue);
    await waitUntil(() => documents().length === 1, { for: "the first picture" });
    expect(documents()[0]?.claims).toEqual([]);
    await home.ctl("add-host", "-w", "seen", "-t", "one");
    await waitUntil(() => documents().at(-1)?.claims[0]?.workspace === "seen", { for: "the claim" });
    await home.ctl("close-workspace", "seen");
    await waitUntil(() => documents().at(-1)?.claims.length === 0, { for: "the release" });
    const ended = new Promise((done) => child.on("close", (code) => done(code)));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
  });
});
