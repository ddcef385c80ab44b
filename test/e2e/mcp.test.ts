import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { Agent, textOf } from "./support/agent.ts";
import { Inspector } from "./support/inspector.ts";

describe.skipIf(withoutLab)("mtui-mcp as it is installed", () => {
  let lab: Lab;
  let home: TesterHome;
  let agent: Agent;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "sp6-1", version: "15-SP6" }] });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    agent = await Agent.start(home);
  });

  afterAll(async () => {
    await agent?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const workspaces = async (): Promise<string[]> => {
    const shown = await home.json<{ workspaces: { workspace: string; hosts: string[] }[] }>(
      "list-workspaces",
    );
    return shown.workspaces.map(({ workspace, hosts }) => `${workspace}: ${hosts.join(" ")}`);
  };

  test("its tools are the registry's operations, with strict schemas", async () => {
    const { tools } = await agent.client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["load_template", "add_host", "run", "validate", "job_status", "list_queue"]),
    );
    expect(names).not.toContain("daemon_stop");
    expect(tools.filter(({ inputSchema }) => inputSchema["additionalProperties"] !== false)).toEqual([]);
  });

  test("a tool call reaches a real host, in a namespace of the client and its directory", async () => {
    await agent.call("add_host", { target: ["sp6-1"] });
    expect(textOf(await agent.ask("run", { command: ["uname", "-n"] }))).toContain("sp6-1");
    expect(await workspaces()).toEqual([
      expect.stringMatching(/^agent-mtui-home-\w+-[0-9a-f]{6}\/default: sp6-1$/),
    ]);
    expect(await agent.call("close_workspace")).toMatchObject({ released: ["sp6-1"] });
  });

  test("an error is an answer of the tool, with its kind and what to do", async () => {
    const unknown = await agent.ask("job_status", { job_id: "run-99" });
    expect(unknown.isError).toBe(true);
    expect(textOf(unknown)).toContain("job.unknown");
    const typo = await agent.ask("run", { command: ["true"], host: ["sp6-1"] });
    expect(typo.isError).toBe(true);
    expect(textOf(typo)).toContain("hosts");
  });

  test("the inspector's command line lists its tools and calls them; a new process finds its workspace again", async () => {
    const inspector = new Inspector(home);
    const { tools } = await agent.client.listTools();
    expect(await inspector.tools()).toEqual(tools);
    expect(await inspector.call("add_host", { target: ["sp6-1"] })).toMatchObject({
      structuredContent: { result: {} },
    });
    expect(textOf(await inspector.call("run", { command: ["uname", "-n"] }))).toContain("sp6-1");
    expect(await inspector.call("close_workspace")).toMatchObject({
      structuredContent: { released: ["sp6-1"] },
    });
  });
});
