import { readFileSync } from "node:fs";
import type { CallToolResult } from "@modelcontextprotocol/client";
import type { ResultOf } from "@mtui/core/registry";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { type Lab, type LabHost, startLab, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { Agent, textOf } from "./support/agent.ts";
import { leftBehind } from "./support/left-behind.ts";
import { otherBuild } from "./support/other-build.ts";
import { seededRandom } from "./support/random.ts";
import { PLATFORM, WAITING } from "./support/verdict-lab.ts";

const NAMES = ["killed", "restarted", "upgraded", "hung"];
const LONG = process.env["MTUI_LONG"] === "1";
/** Changes of a report, with as many deaths. */
const CHANGES = LONG ? 40 : 6;
const RELEASED = NAMES.map((name) => `gone-${name} = 1.0-1`);

const turn = (): Promise<void> => new Promise((next) => void setImmediate(next));

describe.skipIf(withoutLab)("an agent in the middle of an update, whatever becomes of the daemon", () => {
  let lab: Lab;
  let host: LabHost;
  let home: TesterHome;
  let agent: Agent;
  let made = 0;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [{ name: "sp6-1", version: "15-SP6", packages: RELEASED }],
      released: RELEASED,
    });
    host = lab.host("sp6-1");
    home = new TesterHome({ config: lab.files.mtuiYaml });
    // Less patient with a daemon that is silent than people would want it.
    agent = await Agent.start(home, { limits: { quietMs: 500, signMs: 1_000 } });
  });

  afterEach(async () => {
    await host.exec("rm -f /tmp/go /tmp/here /tmp/ran");
    expect(await leftBehind(host)).toEqual([]);
  });

  afterAll(async () => {
    await agent?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  interface Halfway {
    readonly workspace: string;
    /** The call that waits for the update. */
    readonly update: Promise<CallToolResult>;
    /** Another one, that waits for the same job. */
    readonly wait: Promise<CallToolResult>;
    readonly job: string;
    readonly pid: number;
  }

  /** An update whose package is being installed, and stays so until the host is told to go on. */
  async function halfway(name: string): Promise<Halfway> {
    made += 1;
    const { rrid } = await lab.makeUpdate({
      rrid: `SUSE:Maintenance:6${made}:5${made}`,
      packages: [{ name: `gone-${name}`, version: "2.0-1", pre: `echo ran >>/tmp/ran && ${WAITING}` }],
      testplatforms: [PLATFORM.sp6],
    });
    await agent.call("load_template", { auto_review_id: rrid, workspace: name });
    await agent.call("add_host", { workspace: name });
    const update = agent.ask("update", { workspace: name, noprepare: true });
    await waitUntil(async () => (await host.readFile("/tmp/here")) !== null, { for: "the installation" });
    const { jobs } = await agent.call("job_list", { active: true });
    const job = jobs.find(({ operation }) => operation === "update")!.id;
    const wait = agent.ask("job_wait", { job_ids: [job], timeout: 40 });
    return { workspace: name, update, wait, job, pid: home.daemonPid ?? 0 };
  }

  /** The installation was done, once; the desk can be closed. */
  async function assertDoneOnce({ workspace, job }: Halfway): Promise<void> {
    expect(await host.readFile("/tmp/ran")).toBe("ran\n");
    expect(await host.installed(`gone-${workspace}`)).toBe("2.0-1");
    const { jobs } = await agent.call("job_list", {});
    expect(
      jobs.filter((each) => each.operation === "update" && each.workspace.endsWith(workspace)),
    ).toMatchObject([{ id: job, state: "done" }]);
    expect(await agent.call("close_workspace", { workspace })).toMatchObject({ released: [host.name] });
  }

  const passed = { structuredContent: { result: { hosts: [{ host: "sp6-1", verdict: "PASSED" }] } } };

  async function assertBothAnswer({ update, wait, job }: Halfway): Promise<void> {
    const answer = await update;
    expect(answer, textOf(answer)).toMatchObject(passed);
    expect((await wait).structuredContent).toMatchObject({ jobs: [{ id: job }] });
  }

  test("killed: its successor goes on with the job, and the calls that wait for it go on with them", async () => {
    const half = await halfway("killed");
    process.kill(half.pid, "SIGKILL");
    await waitUntil(async () => home.daemonPid !== null && home.daemonPid !== half.pid, {
      for: "another mtuid, which a waiting call starts",
    });
    await host.must("echo go >/tmp/go");
    await assertBothAnswer(half);
    await assertDoneOnce(half);
  });

  test("restarted by a person: the same", async () => {
    const half = await halfway("restarted");
    expect(await home.ctl("daemon", "restart")).toMatchObject({ code: 0 });
    await host.must("echo go >/tmp/go");
    await assertBothAnswer(half);
    await assertDoneOnce(half);
    expect((await agent.call("daemon_status")).pid).not.toBe(half.pid);
  });

  test("of another build: it serves on while it works, the restart brings ours; an idle one is replaced", async () => {
    await using other = await otherBuild();
    const status = (): Promise<ResultOf<"daemon_status">> => agent.call("daemon_status");
    const ours = await status();
    const startOther = async (): Promise<void> => {
      expect(await home.ctl("daemon", "stop")).toMatchObject({ code: 0 });
      const old = home.start(process.execPath, [other.mtuid, "--foreground"]);
      old.stderr?.resume();
      await waitUntil(() => home.daemonPid === old.pid, { for: "the other build to serve" });
    };
    await startOther();
    const half = await halfway("upgraded");
    expect((await status()).build).not.toBe(ours.build);
    expect(await home.ctl("daemon", "restart")).toMatchObject({ code: 0 });
    await host.must("echo go >/tmp/go");
    await assertBothAnswer(half);
    await assertDoneOnce(half);
    expect((await status()).build).toBe(ours.build);

    await startOther();
    expect((await status()).build).not.toBe(ours.build);
    expect(await home.ctl("whoami")).toMatchObject({ code: 0 });
    expect((await status()).build).toBe(ours.build);
  });

  test("hung: every call says so within its limit, and what is known; afterwards all is as it was", async () => {
    const half = await halfway("hung");
    process.kill(half.pid, "SIGSTOP");
    const { workspace } = half;
    const note = "noted while nobody listened";
    try {
      await waitUntil(() => stateOf(half.pid) === "T", { for: "mtuid to stand still" });
      const [update, wait, reading, changing] = await waitUntilAnswered([
        half.update,
        half.wait,
        agent.ask("list_hosts", { workspace }),
        agent.ask("testreport_patch", { workspace, start_line: 1, end_line: 0, replacement: `${note}\n` }),
      ]);
      // Calls that find it hung have a connection of their own to wait for: ten seconds.
      const later = LONG
        ? [agent.ask("list_hosts", { workspace }), agent.ask("run", { workspace, command: ["true"] })]
        : [];
      for (const answer of await waitUntilAnswered(later))
        expect(textOf(answer)).toMatch(/^daemon\.unreachable: mtuid accepts connections but does not answer/);
      // They did not have to wait for it to go on.
      expect(stateOf(half.pid)).toBe("T");
      for (const answer of [update, wait, reading, changing]) {
        expect(answer.isError).toBe(true);
        expect(textOf(answer)).toContain("daemon.unreachable");
      }
      // The job's name is what is needed to come back; starting it again is what must not be done.
      expect(textOf(update)).toContain(half.job);
      // What only reads may be asked again; what changes something may be on its way.
      expect(textOf(reading)).toContain("The same call may succeed later.");
      expect(textOf(changing)).toContain("Whether testreport_patch was carried out is not known.");
      expect(textOf(changing)).not.toContain("The same call may succeed later.");
    } finally {
      process.kill(half.pid, "SIGCONT");
    }
    await host.must("echo go >/tmp/go");
    expect(await agent.call("job_wait", { job_ids: [half.job], timeout: 40 })).toMatchObject({
      finished: true,
    });
    const result = await agent.ask("job_result", { job_id: half.job });
    expect(result, textOf(result)).toMatchObject(passed);
    const { content } = await agent.call("testreport_read", { workspace });
    expect(content.split(note).length - 1).toBeLessThanOrEqual(1);
    await assertDoneOnce(half);
    expect((await agent.call("daemon_status")).pid).toBe(half.pid);
  });

  test("killed again and again while it changes a report: each change is there once, or said to be unsure", {
    timeout: 20_000 * CHANGES,
  }, async () => {
    const seed = Number(process.env["MTUI_SEED"] ?? Date.now() % 1_000_000);
    onTestFailed(() => console.error(`replay: MTUI_SEED=${seed}`));
    const random = seededRandom(seed);
    const { rrid } = await lab.makeUpdate({
      rrid: "SUSE:Maintenance:69:59",
      packages: ["gone-killed = 3.0-1"],
      testplatforms: [PLATFORM.sp6],
    });
    const workspace = "storm";
    await agent.call("load_template", { auto_review_id: rrid, workspace });
    const change = (line: string): Promise<CallToolResult> =>
      agent.ask("testreport_patch", { workspace, start_line: 1, end_line: 0, replacement: `${line}\n` });

    // How many turns of the loop one takes here and now.
    const under = new Set([change("first").finally(() => under.clear())]);
    let turns = 0;
    for (; under.size > 0; turns += 1) await turn();

    const unsure = new Set<string>();
    const lines = Array.from({ length: CHANGES }, (_, number) => `change ${number} of seed ${seed}`);
    for (const line of lines) {
      const { pid } = await agent.call("daemon_status");
      const call = change(line);
      // On the way there, in the work, on the way back; now and then too late.
      for (let left = random.below(Math.ceil(1.2 * turns)); left > 0; left -= 1) await turn();
      process.kill(pid, "SIGKILL");
      const answer = await call;
      if (answer.isError !== true) continue;
      expect(textOf(answer)).toMatch(/outcome\.unknown|daemon\.unreachable/);
      unsure.add(line);
    }
    const { content } = await agent.call("testreport_read", { workspace, limit: 2 + CHANGES });
    const times = (line: string): number => content.split("\n").filter((each) => each.endsWith(line)).length;
    const seen = lines.map((line) => [line, times(line), unsure.has(line)] as const);
    expect(seen.filter(([, count, isUnsure]) => (isUnsure ? count > 1 : count !== 1))).toEqual([]);
    await agent.call("close_workspace", { workspace });
  });
});

/** As the kernel says it: `T` for one that was stopped. */
function stateOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.[0];
}

/** What all of them were answered; whoever waits for something that only comes later fails here. */
async function waitUntilAnswered<const T extends readonly Promise<CallToolResult>[]>(
  calls: T,
): Promise<{ [K in keyof T]: CallToolResult }> {
  const answers = { all: null as { [K in keyof T]: CallToolResult } | null };
  void Promise.all(calls).then((all) => (answers.all = all as { [K in keyof T]: CallToolResult }));
  return await waitUntil(() => answers.all, { for: "an answer to every call" });
}
