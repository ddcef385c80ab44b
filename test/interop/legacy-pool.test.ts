import type { JobView, Validation } from "@mtui/core/registry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WAITING } from "../e2e/support/verdict-lab.ts";
import { validate } from "../e2e/support/validated.ts";
import { type Lab, type LabHost, lockPath, readLock, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { assertGivenUp, bothFiles, cleanUp, must, PEERS, reply, SP6, USER } from "./legacy/desk.ts";
import { Mtui19 } from "./legacy/mtui19.ts";
import { Mtui26 } from "./legacy/mtui26.ts";

interface Queue {
  tickets: { position: number; slots: { candidates: { host: string; why_not: string }[] }[] }[];
}

describe.skipIf(withoutLab)("pool locks of other mtuis", () => {
  let lab: Lab;
  let home: TesterHome;
  let ant: LabHost;
  let bee: LabHost;
  let made = 0;

  beforeAll(async () => {
    const packages = Array.from({ length: 4 }, (_, index) => `frob-${index + 1} = 1.0-1`);
    lab = await startLab({
      config: { lock: { wait_poll: 1 } },
      hosts: [
        { name: "ant", packages },
        { name: "bee", packages },
      ],
      released: packages,
    });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: USER });
    [ant, bee] = [lab.host("ant"), lab.host("bee")];
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  afterEach(async () => cleanUp(home, lab));

  /** An update with a package of its own. */
  async function update(pre = ""): Promise<string> {
    made += 1;
    const rrid = `SUSE:Maintenance:63:${made}`;
    const one = { name: `frob-${made}`, version: "2.0-1", ...(pre === "" ? {} : { pre }) };
    await lab.makeUpdate({ rrid, packages: [one], testplatforms: [SP6] });
    return rrid;
  }

  test.each(PEERS)(
    "a host that %s has is not ours: another one, or a place in the queue",
    async (_, Peer) => {
      const rrid = await update();
      const theirs = { user: USER, rrid };
      await using atAnt = await Peer.dial({ lab, host: ant }, theirs);
      await using atBee = await Peer.dial({ lab, host: bee }, theirs);
      expect(await atAnt.claim()).toBe(true);
      const bytes = await readLock(ant, "pool");

      const { code, result } = await validate(home, rrid);
      expect([code, result.verdict, result.hosts.map(({ host }) => host)]).toEqual([0, "PASSED", ["bee"]]);
      expect(await reply(home, "add-host", "-t", "ant")).toMatchObject({
        code: 4,
        error: { kind: "host.busy", message: expect.stringContaining("locked by tester") },
      });

      expect(await atBee.claim()).toBe(true);
      await must(home, "load-template", rrid);
      const { job } = await reply(home, "add-host", "--wait", "60", "--background");
      const { position, slots } = await waitUntil(
        async () => {
          const ticket = (await home.json<Queue>("queue")).tickets[0];
          const reasons = ticket?.slots[0]?.candidates.map(({ why_not }) => why_not) ?? [];
          return reasons.length === 2 && reasons.every((why) => why.includes("foreign lock")) ? ticket : null;
        },
        { for: "both locks in the queue" },
      );
      expect(position).toBe(1);
      for (const { why_not } of slots[0]?.candidates ?? [])
        expect(why_not).toMatch(
          /locked by tester \(mtui pool SUSE:Maintenance:63:\d \[.*\]\) since \d{4}-\d\d-\d\dT/,
        );
      expect(await readLock(ant, "pool")).toBe(bytes);

      await atAnt.disconnect();
      await must(home, "job", "wait", job.id, "--timeout", "60");
      expect(await home.json<JobView>("job", "status", job.id)).toMatchObject({ state: "done" });
      expect(await readLock(ant, "pool")).toContain(`:${USER}+mtuid:`);
      expect(await readLock(bee, "pool")).toMatch(new RegExp(`^\\d+:${USER}:31337:mtui pool ${rrid} `));
      expect(await atAnt.claim()).toBe(false);
    },
  );

  test("mtui 19 overwrites a claim that we took between its two opens: noticed, given up, its file stays", async () => {
    await using peer = await Mtui19.dial({ lab, host: ant }, { user: USER, rrid: "SUSE:Maintenance:63:9" });
    peer.before("open w+", async () => {
      expect(await readLock(ant, "pool")).toBe("");
      await must(home, "add-host", "-t", "ant");
      await must(home, "run", "true");
    });
    expect(await peer.claim()).toBe(true);
    const theirs = await readLock(ant, "pool");
    expect(theirs).toMatch(/^\d+:tester:31337:mtui pool SUSE:Maintenance:63:9 /);

    const { code, result } = await reply(home, "run", "touch", "/root/ran");
    expect(code).toBe(1);
    expect(result.hosts[0]).toMatchObject({
      state: "notRun",
      commands: [],
      error: {
        kind: "lock.lost",
        message: expect.stringMatching(/our pool lock was overwritten: locked by tester .*63:9/),
        hint: expect.stringContaining("mtuictl remove-host -w default -t ant"),
        data: { host: "ant", lock: "pool", user: "tester", pid: 31337 },
      },
    });
    expect(await ant.readFile("/root/ran")).toBeNull();
    // The operation lock was ours, and is given back.
    expect(await bothFiles(ant)).toEqual({ operation: null, pool: theirs });
    expect(await must(home, "remove-host", "-t", "ant")).toContain("released");
    await assertGivenUp(home, ant);
    expect(await readLock(ant, "pool")).toBe(theirs);
    expect(await reply(home, "add-host", "-t", "ant")).toMatchObject({
      code: 4,
      error: { kind: "host.busy" },
    });
    await peer.disconnect();
    await must(home, "add-host", "-t", "ant");
  });

  test("a claim that is overwritten while an update is validated: nothing more is begun there", async () => {
    const rrid = await update(WAITING);
    await using atBee = await Mtui19.dial({ lab, host: bee }, { user: "bob", rrid });
    expect(await atBee.claim()).toBe(true);
    await using peer = await Mtui19.dial({ lab, host: ant }, { user: USER, rrid });
    let validated: Promise<{ code: number; result: Validation }> | undefined;
    peer.before("open w+", async () => {
      validated = validate(home, rrid);
      await waitUntil(async () => (await ant.readFile("/tmp/here")) !== null, { for: "%pre" });
    });
    expect(await peer.claim()).toBe(true);
    const theirs = await readLock(ant, "pool");
    await ant.must("echo go >/tmp/go");
    const { code, result } = (await validated) ?? { code: -1, result: null };
    expect(code).toBe(1);
    expect(result?.hosts[0]).toMatchObject({
      host: "ant",
      state: "failed",
      error: { kind: "lock.lost", data: { lock: "pool", user: "tester" } },
    });
    expect(result?.unreleased).toEqual([]);
    expect(await bothFiles(ant)).toEqual({ operation: null, pool: theirs });
    await assertGivenUp(home, ant);
  });

  test("mtui 26 that is slow between its create and its write: one of us has the host, by the bytes in the file", async () => {
    await using peer = await Mtui26.dial({ lab, host: ant }, { user: USER, rrid: "SUSE:Maintenance:63:9" });
    peer.before("write x", async () => {
      expect(await readLock(ant, "pool")).toBe("");
      await must(home, "add-host", "-t", "ant");
    });
    await peer.claim();
    expect(await readLock(ant, "pool")).toContain(`:${USER}+mtuid:`);
    await must(home, "run", "true");
    expect(await peer.unlock("pool")).toBe(false);
  });

  test("an empty file that mtui 19 left when it died is no lock for anybody", async () => {
    await using peer = await Mtui19.dial({ lab, host: ant }, { user: USER, rrid: "SUSE:Maintenance:63:9" });
    peer.before("open r", async () => {});
    peer.before("open w+", async () => {
      throw new Error("it dies here");
    });
    expect(await peer.claim()).toBe(false);
    expect(await ant.must(`stat -c %s ${lockPath("pool")}`)).toBe("0\n");
    await must(home, "add-host", "-t", "ant");
    expect(await readLock(ant, "pool")).toContain(`:${USER}+mtuid:`);
  });

  test("of mtui 26 and us exactly one gets a free host, in every round", async () => {
    await using peer = await Mtui26.dial({ lab, host: ant }, { user: USER, rrid: "SUSE:Maintenance:63:9" });
    for (let round = 0; round < 8; round += 1) {
      const [theirs, ours] = await Promise.all([peer.claim(), home.ctl("add-host", "-t", "ant")]);
      expect([round, theirs, ours.code]).toEqual([round, theirs, theirs ? 4 : 0]);
      if (theirs) expect(await peer.unlock("pool")).toBe(true);
      else await must(home, "remove-host", "-t", "ant");
      expect(await readLock(ant, "pool")).toBeNull();
    }
  });
});
