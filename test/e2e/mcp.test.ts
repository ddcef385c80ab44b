import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lab, startLab } from "../lab/index.ts";
import { TesterHome } from "../support/home.ts";
import { withoutLab } from "../support/lab-missing.ts";

const BIN = join(import.meta.dirname, "../../node_modules/.bin");

describe.skipIf(withoutLab)("mtui-mcp under the official client", () => {
  let lab: Lab;
  let home: TesterHome;
  let client: Client;

  beforeAll(async () => {
    lab = await startLab({ hosts: [{ name: "sp6-1", version: "15-SP6" }] });
    home = new TesterHome({ config: lab.files.mtuiYaml });
    client = new Client({ name: "test", version: "1" });
    const env = Object.fromEntries(
      Object.entries(home.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
    );
    await client.connect(
      new StdioClientTransport({ command: join(BIN, "mtui-mcp"), args: [], env, stderr: "ignore" }),
    );
  });

  afterAll(async () => {
    await client?.close();
    await home?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  async function call(
    name: string,
    args: Record<string, unknown>,
  ): Promise<{ text: string; isError: boolean }> {
    const result = await client.callTool({ name, arguments: args });
    const [first] = result.content as { type: string; text?: string }[];
    return { text: first?.text ?? "", isError: result.isError === true };
  }

  test("its tools are the registry's operations, with strict schemas", async () => {
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["load_template", "add_host", "run", "validate", "job_status", "list_queue"]),
    );
    expect(names).not.toContain("daemon_stop");
    expect(tools.filter(({ inputSchema }) => inputSchema["additionalProperties"] !== false)).toEqual([]);
  });

  test("a tool call reaches a real host, in the agent's own namespace", async () => {
    expect(await call("add_host", { target: ["sp6-1"] })).toMatchObject({ isError: false });
    const { text } = await call("run", { command: ["uname", "-n"] });
    expect(text).toContain("sp6-1");
    const { workspaces } = await home.json<{ workspaces: { workspace: string; hosts: string[] }[] }>(
      "list-workspaces",
    );
    expect(workspaces).toMatchObject([{ workspace: "mcp/default", hosts: ["sp6-1"] }]);
    expect(await call("close_workspace", {})).toMatchObject({ isError: false });
  });

  test("an error is an answer of the tool, with its kind and what to do", async () => {
    const unknown = await call("job_status", { job_id: "run-99" });
    expect(unknown.isError).toBe(true);
    expect(unknown.text).toContain("job.unknown");
    const typo = await call("run", { command: ["true"], host: ["sp6-1"] });
    expect(typo.isError).toBe(true);
    expect(typo.text).toContain("host");
  });
});
