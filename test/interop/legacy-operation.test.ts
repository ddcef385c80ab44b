import { OPERATIONS } from "@mtui/core/registry";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Lab, type LabHost, readLock, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { WAITING } from "../e2e/support/verdict-lab.ts";
import {
  assertGivenUp,
  bothFiles,
  cleanUp,
  fenceOpened,
  must,
  PEERS,
  reply,
  SP6,
  USER,
} from "./legacy/desk.ts";
import { Mtui19 } from "./legacy/mtui19.ts";

const RRID = "SUSE:Maintenance:62:1";

/** Words of every operation that changes something on the workspace's hosts, by its name in the registry. */
const ON_HOSTS: Record<string, readonly string[]> = {
  run: ["touch", "/root/ran"],
  lock: [],
  put: ["/root/put", "text"],
  reboot: [],
  install: ["held"],
  uninstall: ["frob"],
  set_repo: ["add"],
  prepare: [],
  update: [],
  downgrade: [],
};
/** Those that change something else: the desk, its report, or hosts that they claim themselves. */
const ELSEWHERE = [
  "add_host",
  "remove_host",
  "load_template",
  "set_timeout",
  "testreport_patch",
  "testreport_write",
  "testreport_fill",
  "export",
  "validate",
];

test("every changing operation is on one of the two lists, and nothing else is", () => {
  const changing = OPERATIONS.filter(({ effect }) => effect === "change" || effect === "destructive");
  expect([...Object.keys(ON_HOSTS), ...ELSEWHERE].toSorted()).toEqual(
    changing.map(({ name }) => name).toSorted(),
  );
});

describe.skipIf(withoutLab)("operation locks of other mtuis", () => {
  let lab: Lab;
  let home: TesterHome;
  let ant: LabHost;
  let bee: LabHost;

  beforeAll(async () => {
    const packages = ["frob = 1.0-1", "slow = 1.0-1"];
    lab = await startLab({
      config: { lock: { wait_poll: 1 } },
      hosts: [
        { name: "ant", packages },
        { name: "bee", packages },
      ],
      released: [...packages, { name: "held", version: "1.0-1", pre: WAITING }],
    });
    home = new TesterHome({ config: lab.files.mtuiYaml, user: USER });
    [ant, bee] = [lab.host("ant"), lab.host("bee")];
    await lab.makeUpdate({ rrid: RRID, packages: ["frob = 2.0-1"], testplatforms: [SP6] });
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  afterEach(async () => cleanUp(home, lab));

  /** Everything that a changing operation would leave on a host. */
  async function traces(host: LabHost): Promise<unknown> {
    const text = await host.must(
      "rpm -qa | sort; ls /etc/zypp/repos.d; cat /var/log/mtui.log 2>/dev/null; ls /root; :",
    );
    return { text, boots: host.boots, fence: fenceOpened(host) };
  }

  test.each(PEERS)("%s has the operation lock: no changing command of ours starts", async (_, Peer) => {
    await must(home, "load-template", RRID);
    await must(home, "add-host", "-t", "ant", "-t", "bee");
    await using peer = await Peer.dial({ lab, host: ant }, { user: USER });
    await peer.lock("operation", "");
    const theirs = await readLock(ant);
    const before = await traces(ant);
    for (const [name, words] of Object.entries(ON_HOSTS)) {
      const { code, error } = await reply(home, name.replaceAll("_", "-"), ...words);
      expect([name, code, error?.kind]).toEqual([name, 4, "lock.foreign"]);
      expect(error?.message).toContain("ant is locked by tester");
    }
    expect(await traces(ant)).toEqual(before);
    expect(await readLock(ant)).toBe(theirs);
    // All or none: the free host was let go of again.
    expect(await readLock(bee)).toBeNull();
    expect(await bee.must("ls /root")).toBe("");
    await peer.unlock("operation");
    await must(home, "run", "true");
  });

  test.each(PEERS)("with --wait the operation begins when %s lets go", async (_, Peer) => {
    await must(home, "add-host", "-t", "ant");
    await using peer = await Peer.dial({ lab, host: ant }, { user: USER });
    await peer.lock("operation", "testing of SUSE:PI:16.0:5150");
    const theirs = await readLock(ant);
    const { job } = await reply(home, "run", "--background", "--wait", "60", "touch", "/root/ran");
    const waiting = await waitUntil(
      async () => {
        const now = await home.json<typeof job>("job", "status", job.id);
        return now.state === "waiting" ? now : null;
      },
      { for: "the job to wait" },
    );
    expect(waiting.hosts["ant"]?.message).toContain("locked by tester since");
    expect(waiting.hosts["ant"]?.message).toContain("testing of SUSE:PI:16.0:5150");
    expect([await ant.readFile("/root/ran"), await readLock(ant)]).toEqual([null, theirs]);
    await peer.disconnect();
    await must(home, "job", "wait", job.id, "--timeout", "60");
    expect(await ant.readFile("/root/ran")).toBe("");
    expect(await readLock(ant)).toBeNull();
  });

  test("mtui 19 overwrites a lock that we took between its two opens: lost, nothing runs, its file stays", async () => {
    await must(home, "add-host", "-t", "ant");
    await using peer = await Mtui19.dial({ lab, host: ant }, { user: USER });
    let ours: string | null = null;
    peer.before("open w+", async () => {
      expect(await readLock(ant)).toBe("");
      await must(home, "lock");
      ours = await readLock(ant);
      await must(home, "run", "touch", "/root/before");
    });
    await peer.lock("operation", "mine alone");
    const theirs = await readLock(ant);
    expect(ours).toContain(`:${USER}+mtuid:`);
    expect(theirs).toMatch(/^\d+:tester:31337:mine alone$/);

    const { code, result } = await reply(home, "run", "touch", "/root/ran");
    expect(code).toBe(1);
    expect(result.hosts[0]).toMatchObject({
      state: "notRun",
      commands: [],
      error: {
        kind: "lock.lost",
        message: expect.stringMatching(
          /our operation lock was overwritten: locked by tester .*\(mine alone\)/,
        ),
        hint: expect.stringContaining("mtuictl list-locks"),
        data: { host: "ant", lock: "operation", user: "tester", pid: 31337, comment: "mine alone" },
      },
    });
    expect(await ant.readFile("/root/ran")).toBeNull();
    expect((await home.ctl("unlock")).stdout).toContain("not ours");
    expect(await readLock(ant)).toBe(theirs);
    expect(await must(home, "remove-host", "-t", "ant")).toContain("released");
    expect(await readLock(ant)).toBe(theirs);
    await assertGivenUp(home, ant);
    expect(await peer.unlock("operation")).toBe(true);
    await ant.must("rm /root/before");
  });

  test("an overwrite in the middle of an operation: the command at work ends, the next one does not start", async () => {
    await lab.makeUpdate({
      rrid: "SUSE:Maintenance:62:2",
      packages: [{ name: "slow", version: "2.0-1", pre: WAITING }],
      testplatforms: [SP6],
    });
    await must(home, "load-template", "SUSE:Maintenance:62:2");
    await must(home, "add-host", "-t", "ant");
    await using peer = await Mtui19.dial({ lab, host: ant }, { user: USER });
    let id = "";
    peer.before("open w+", async () => {
      id = (await reply(home, "update", "--background")).job.id;
      await waitUntil(async () => (await ant.readFile("/tmp/here")) !== null, { for: "%pre" });
    });
    await peer.lock("operation", "mine alone");
    const theirs = await readLock(ant);
    await ant.must("echo go >/tmp/go");
    await home.ctl("job", "wait", id, "--timeout", "60");
    const { result } = await home.json<Awaited<ReturnType<typeof reply>>>("job", "result", id);
    expect(result.hosts[0]).toMatchObject({
      state: "failed",
      error: { kind: "lock.lost", data: { lock: "operation", user: "tester" } },
    });
    // What was at work when it happened went on to its end; of the rest nothing was begun.
    expect(await ant.installed("slow")).toBe("2.0-1");
    const lines = (result.hosts[0]?.commands ?? []).map(({ command }) => command);
    expect(lines.filter((line) => / rr /.test(line))).toEqual([]);
    expect(await ant.must("ls /etc/zypp/repos.d")).toContain("issue-");
    expect(await readLock(ant)).toBe(theirs);
    expect(await must(home, "remove-host", "-t", "ant")).toContain("released");
    expect(await bothFiles(ant)).toEqual({ operation: theirs, pool: null });
  });

  test("of mtui 26 and us exactly one gets a free host's lock, in every round", async () => {
    await must(home, "add-host", "-t", "ant");
    const [, [, Mtui26]] = PEERS;
    await using peer = await Mtui26.dial({ lab, host: ant }, { user: USER });
    const won = { peer: 0, ours: 0 };
    for (let round = 0; round < 12; round += 1) {
      const [theirs, ours] = await Promise.all([
        peer.lock("operation").then(
          () => true,
          () => false,
        ),
        home.ctl("lock"),
      ]);
      expect([round, theirs, ours.code === 0]).toEqual([round, theirs, !theirs]);
      expect(await readLock(ant)).toContain(theirs ? `:${USER}:31337` : `:${USER}+mtuid:`);
      won[theirs ? "peer" : "ours"] += 1;
      await (theirs ? peer.unlock("operation") : must(home, "unlock"));
    }
    expect(won.peer + won.ours).toBe(12);
  });
});
