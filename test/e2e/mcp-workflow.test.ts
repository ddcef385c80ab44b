import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { Agent, GENERATIONS, textOf } from "./support/agent.ts";
import { PLATFORM } from "./support/verdict-lab.ts";

const RELEASED = ["whole-1", "whole-2", "steps-1", "steps-2"].map((name) => `${name} = 1.0-1`);

describe.skipIf(withoutLab)("an agent takes updates to written reports", () => {
  let lab: Lab;
  let home: TesterHome;

  beforeAll(async () => {
    lab = await startLab({
      hosts: [
        { name: "sp6-1", version: "15-SP6", packages: RELEASED },
        { name: "sp7-1", version: "15-SP7", packages: RELEASED },
      ],
      released: RELEASED,
    });
    home = new TesterHome({ config: lab.files.mtuiYaml });
  });

  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  describe.each(
    Object.entries(GENERATIONS).map(([name, options], index) => [name, options, index + 1] as const),
  )("over the protocol %s", (_name, options, number) => {
    let agent: Agent;

    beforeAll(async () => {
      agent = await Agent.start(home, { client: options, args: ["--namespace", `agent-${number}`] });
    });

    afterAll(() => agent?.[Symbol.asyncDispose]());

    async function makeUpdate(kind: "whole" | "steps"): Promise<string> {
      const { rrid } = await lab.makeUpdate({
        rrid: `SUSE:Maintenance:${kind === "whole" ? 71 : 72}${number}:8${number}`,
        packages: [{ name: `${kind}-${number}`, version: "2.0-1" }],
        testplatforms: kind === "whole" ? [PLATFORM.sp6, PLATFORM.sp7] : [PLATFORM.sp6],
      });
      return rrid;
    }

    test("validate, whole, in one call that says what it is doing", async () => {
      const rrid = await makeUpdate("whole");
      const heard: string[] = [];
      const reply = await agent.ask(
        "validate",
        { rrids: [rrid] },
        { onProgress: (message) => heard.push(message) },
      );
      expect(reply, textOf(reply)).toMatchObject({
        structuredContent: {
          jobs: [{ state: "done", error: null }],
          results: [{ rrid, verdict: "PASSED" }],
        },
      });
      expect(reply.isError ?? false).toBe(false);
      expect(textOf(reply)).toContain("PASSED");
      expect(heard.join("\n")).toMatch(/sp[67]-1/);
      expect(await lab.host("sp6-1").installed(`whole-${number}`)).toBe("2.0-1");
      await agent.call("load_template", { auto_review_id: rrid, workspace: "look" });
      expect((await agent.call("testreport_read", { template: rrid })).content).toContain("=> PASSED");
      await agent.call("close_workspace", { workspace: "look" });
    });

    test("step by step, the slow ones in the background", async () => {
      const rrid = await makeUpdate("steps");
      const workspace = "desk";
      expect(await agent.call("load_template", { auto_review_id: rrid, workspace })).toMatchObject({ rrid });
      await agent.call("add_host", { workspace });
      const { hosts } = await agent.call("list_hosts", { template: rrid });
      expect(hosts.map(({ host }) => host)).toEqual(["sp6-1"]);
      await agent.call("prepare", { workspace });

      const { job } = await agent.call("update", { workspace, background: true });
      expect(job).toMatchObject({ operation: "update", rrid });
      expect(await agent.call("job_status", { job_id: job.id })).toMatchObject({ id: job.id });
      await expect
        .poll(() => agent.call("job_wait", { job_ids: [job.id], timeout: 40 }), { timeout: 90_000 })
        .toMatchObject({ finished: true, jobs: [{ id: job.id, state: "done" }] });
      const { result } = await agent.call("job_result", { job_id: job.id });
      expect(result).toMatchObject({ hosts: [{ host: "sp6-1", verdict: "PASSED" }] });

      const exported = await agent.call("export", { workspace });
      expect(exported.hosts).toMatchObject([{ host: "sp6-1", verdict: "PASSED" }]);
      expect((await agent.call("testreport_read", { workspace })).content).toContain("=> PASSED");
      const { events } = await agent.call("list_events", { types: ["report.written"], workspace });
      expect(events).toMatchObject([{ workspace: `agent-${number}/desk`, data: { rrid } }]);
      expect(await agent.call("close_workspace", { workspace })).toMatchObject({ released: ["sp6-1"] });
      expect(
        (await agent.call("list_workspaces")).workspaces.filter(({ hosts: left }) => left.length > 0),
      ).toEqual([]);
    });
  });
});
