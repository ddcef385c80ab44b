import type { JobView, Validation } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doubleUses, type Lab, startLab, usesOf, waitUntil } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { Agent } from "./support/agent.ts";
import { PLATFORM, WAITING } from "./support/verdict-lab.ts";

const AGENTS = 8;
/** Of the sixteen updates, those whose installation fails. */
const BAD = new Set([3, 8, 13]);
/** The agent that dies in the middle, and its update that is done step by step. */
const DOOMED = 0;
const STEPPED = 0;

const RELEASED = Array.from({ length: 2 * AGENTS }, (_, update) => `many-${update} = 1.0-1`);
const LEASE_MS = 15 * 60_000;

interface Update {
  readonly rrid: string;
  readonly verdict: "PASSED" | "FAILED";
}

describe.skipIf(withoutLab)("eight agents with two workspaces each, on six hosts", () => {
  let lab: Lab;
  let home: TesterHome;
  let agents: Agent[];
  let updates: Update[];

  beforeAll(async () => {
    lab = await startLab({
      config: { lock: { wait_poll: 1 } },
      hosts: ["15-SP6", "15-SP7"].flatMap((version) =>
        [1, 2, 3].map((n) => ({
          name: `${version.slice(3).toLowerCase()}-${n}`,
          version,
          packages: RELEASED,
        })),
      ),
      released: RELEASED,
    });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    updates = await Promise.all(
      RELEASED.map(async (_, update) => {
        const bad = BAD.has(update);
        const { rrid } = await lab.makeUpdate({
          rrid: `SUSE:Maintenance:9${update}:7${update}`,
          packages: [
            {
              name: `many-${update}`,
              version: "2.0-1",
              ...(bad ? { failing: "pre" as const } : {}),
              // Long enough for its agent to die meanwhile.
              ...(update === STEPPED ? { pre: WAITING } : {}),
            },
          ],
          // Every fourth wants two hosts at once; the one that is held up wants one.
          testplatforms:
            update % 4 === 2
              ? [PLATFORM.sp6, PLATFORM.sp7]
              : [update % 2 === 0 ? PLATFORM.sp6 : PLATFORM.sp7],
        });
        return { rrid, verdict: bad ? ("FAILED" as const) : ("PASSED" as const) };
      }),
    );
    agents = await Promise.all(
      Array.from({ length: AGENTS }, (_, agent) =>
        Agent.start(home, { args: ["--namespace", `agent${agent}`] }),
      ),
    );
  });

  afterAll(async () => {
    await Promise.all((agents ?? []).map((agent) => agent[Symbol.asyncDispose]()));
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const own = (agent: number): Update[] => updates.slice(2 * agent, 2 * agent + 2);
  const names = (shown: readonly { workspace?: string | undefined }[]): string[] =>
    shown.map(({ workspace }) => workspace ?? "of somebody else");

  /** What an agent is shown when it asks for nothing in particular: all of it must be its own. */
  async function seenBy(agent: Agent): Promise<string[]> {
    const [desks, jobs, queue, events] = await Promise.all([
      agent.call("list_workspaces"),
      agent.call("job_list"),
      agent.call("list_queue"),
      agent.call("list_events"),
    ]);
    const told = events.events.flatMap(({ workspace }) => (workspace === null ? [] : [{ workspace }]));
    return [desks.workspaces, jobs.jobs, queue.tickets, queue.claims, told].flatMap(names);
  }

  async function finish(agent: Agent, jobs: readonly JobView[]): Promise<(Validation | null)[]> {
    const job_ids = jobs.map(({ id }) => id);
    for (let finished = false; !finished; )
      ({ finished } = await agent.call("job_wait", { job_ids, all: true, timeout: 40 }));
    return Promise.all(
      job_ids.map(async (job_id) => {
        const { structuredContent } = await agent.ask("job_result", { job_id });
        return (structuredContent as { result: Validation | null }).result;
      }),
    );
  }

  test("every update gets its verdict, no host is shared, nobody sees the others; who dies leaves its work", async () => {
    // The one that will die works step by step in one workspace, and validates in the other.
    const doomed = agents[DOOMED]!;
    const [stepped, validated] = own(DOOMED);
    await doomed.call("load_template", { auto_review_id: stepped!.rrid, workspace: "desk" });
    await doomed.call("add_host", { workspace: "desk" });
    const begun = await Promise.all(
      agents.map(async (agent, number) => {
        const rrids = number === DOOMED ? [validated!.rrid] : own(number).map(({ rrid }) => rrid);
        return (await agent.call("validate", { rrids, background: true })).jobs;
      }),
    );
    const [host] = (await doomed.call("list_hosts", { workspace: "desk" })).hosts;
    await doomed.call("prepare", { workspace: "desk" });
    const { job: update } = await doomed.call("update", { workspace: "desk", background: true });
    await waitUntil(async () => (await lab.host(host!.host).readFile("/tmp/here")) !== null, {
      for: "the update to be in the middle",
    });

    for (const [number, agent] of agents.entries()) {
      const seen = await seenBy(agent);
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.filter((workspace) => !isOf(workspace, number))).toEqual([]);
    }
    const everybody = await agents[1]!.call("list_workspaces", { all: true });
    expect(new Set(names(everybody.workspaces).map((name) => name.split("/")[0])).size).toBeGreaterThan(1);

    doomed.kill();
    await lab.host(host!.host).must("echo go >/tmp/go");

    const results = await Promise.all(
      agents.slice(1).map((agent, index) => finish(agent, begun[index + 1] ?? [])),
    );
    expect(results.flat().map((result) => [result?.rrid, result?.verdict])).toEqual(
      updates.slice(2).map(({ rrid, verdict }) => [rrid, verdict]),
    );

    // A person sees that the dead one's jobs have ended as they would have.
    const left = [update.id, ...(begun[DOOMED] ?? []).map(({ id }) => id)];
    await home.json("job", "wait", ...left, "--timeout", "60");
    const ended = await Promise.all(left.map((id) => home.json<{ result: unknown }>("job", "result", id)));
    expect(ended.map(({ result }) => result)).toMatchObject([
      { hosts: [{ host: host!.host, verdict: stepped!.verdict }] },
      { rrid: validated!.rrid, verdict: validated!.verdict },
    ]);
    expect(await lab.host(host!.host).installed(`many-${STEPPED}`)).toBe("2.0-1");

    // The hosts' own observers saw every update at work, and none beside another.
    const uses = lab.hosts.flatMap((each) => usesOf(each));
    for (const evidence of ["pool lock", "operation lock", "repository"])
      expect(new Set(uses.filter((use) => use.evidence === evidence).map(({ update: of }) => of))).toEqual(
        new Set(updates.map(({ rrid }) => rrid.replace("SUSE:Maintenance:", ""))),
      );
    expect(doubleUses(uses)).toEqual([]);

    // Its desk has what it had, for as long as its lease goes on, and nobody renews it any more.
    const desk = async () => {
      const { workspaces } = await home.json<{ workspaces: { workspace: string; lease_until: number }[] }>(
        "list-workspaces",
      );
      return workspaces.find(({ workspace }) => workspace === `agent${DOOMED}/desk`);
    };
    const before = await desk();
    const { finished_at } = await home.json<JobView>("job", "status", update.id);
    expect(before).toMatchObject({ hosts: [host!.host], jobs: [] });
    expect(before!.lease_until - (finished_at ?? 0)).toBeGreaterThan(0);
    expect(before!.lease_until - (finished_at ?? 0)).toBeLessThanOrEqual(LEASE_MS);
    await agents[1]!.call("list_workspaces");
    expect((await desk())!.lease_until).toBe(before!.lease_until);

    // The others have nothing left; of the dead one, its desk alone.
    const { claims, tickets } = await home.json<{ claims: { host: string }[]; tickets: unknown[] }>("queue");
    expect({ hosts: claims.map((claim) => claim.host), tickets }).toEqual({
      hosts: [host!.host],
      tickets: [],
    });
  });

  /** Names are shown plain or with their namespace; a validation's is that of its update. */
  function isOf(workspace: string, agent: number): boolean {
    const [namespace, name] = workspace.includes("/") ? workspace.split("/") : [`agent${agent}`, workspace];
    const desks = ["default", "desk", ...own(agent).map(({ rrid }) => rrid.replaceAll(":", "-"))];
    return namespace === `agent${agent}` && desks.includes(name ?? "");
  }
});
