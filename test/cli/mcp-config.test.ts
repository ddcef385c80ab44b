import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { localCommands } from "../../packages/cli/src/command/local.ts";
import { catalogue } from "../../packages/cli/src/command/catalogue.ts";
import { agentTools, MCP_CLIENTS } from "../../packages/cli/src/local/mcp-config.ts";
import { offerable } from "../../packages/mcp-shim/src/tools/profiles.ts";
import { mtuictl, TABLE } from "./support/cli.ts";

describe("mcp config", () => {
  let bin: string;

  beforeAll(() => {
    bin = mkdtempSync(join(tmpdir(), "mtui-bin-"));
    writeFileSync(join(bin, "mtui-mcp"), "");
    chmodSync(join(bin, "mtui-mcp"), 0o755);
  });

  afterAll(() => rmSync(bin, { recursive: true, force: true }));

  const config = (...argv: string[]) => mtuictl(["mcp", "config", ...argv], { env: { PATH: bin } });
  const command = (): string => join(bin, "mtui-mcp");

  test("the README's examples are what it prints", async () => {
    const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
    const examples = [...readme.matchAll(/\(`mtuictl mcp config ([^`]+)`\):\n\n```json\n([^`]+)```/g)];
    expect(new Set(examples.map(([, argv]) => argv?.split(" ")[0]))).toEqual(new Set(MCP_CLIENTS));
    for (const [, argv = "", json = ""] of examples) {
      const { code, out, dialled } = await config(...argv.split(" "));
      expect({ code, dialled }).toEqual({ code: 0, dialled: [] });
      expect(JSON.parse(out.replaceAll(command(), "/usr/bin/mtui-mcp"))).toEqual(JSON.parse(json));
    }
  });

  test("what mtui-mcp is to be told goes into its arguments, in its own words", async () => {
    const more = [
      "--namespace",
      "n.1",
      "--profile",
      "read-only",
      "--allow",
      "takeover",
      "--allow",
      "run,put",
    ];
    const { out } = await config(
      "claude-desktop",
      ...more,
      "--deny",
      "reboot",
      "--config",
      "/etc/other.yaml",
    );
    expect(JSON.parse(out)).toEqual({
      mcpServers: {
        mtui: {
          command: command(),
          args: [
            ...["--namespace", "n.1", "--profile", "read-only", "--allow", "takeover,run,put"],
            ...["--deny", "reboot", "--config", "/etc/other.yaml"],
          ],
        },
      },
    });
  });

  test("data alone is on standard output; standard error says where it goes", async () => {
    const { out, err } = await config("vscode");
    expect(() => JSON.parse(out) as unknown).not.toThrow();
    expect(err).toBe("This goes into .vscode/mcp.json in the project's directory.\n");
    const lost = await mtuictl(["mcp", "config", "vscode"], { env: { PATH: "relative:/nonexistent" } });
    expect(lost.err).toContain("mtui-mcp was not found here");
    expect(lost.out).toContain('"command": "mtui-mcp"');
  });

  test.each([
    ["emacs"],
    [],
    ["vscode", "--profile", "half"],
    ["vscode", "--namespace", "a b"],
    ["vscode", "--allow", "take\u001bover"],
    ["vscode", "--deny", "run,"],
  ])("%j is refused", async (...argv) => {
    const { code, out } = await config(...argv);
    expect({ code, out }).toEqual({ code: 2, out: "" });
  });

  test.each([
    ["--allow", "takover", "Did you mean takeover?"],
    ["--allow", "run,list_hots", "Did you mean list_hosts?"],
    ["--allow", "list-hosts", "Did you mean list_hosts?"],
    ["--allow", "daemon_stop", "Did you mean daemon_status?"],
    ["--allow", "everything", "It takes: takeover, unlock_force, foreign, "],
    ["--deny", "foreign", "It takes: "],
    ["--deny", "rebot", "Did you mean reboot?"],
  ])("%s %s is refused: %s", async (option, names, hint) => {
    const { code, out, err } = await config("vscode", option, names);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(`${option}: there is no ${JSON.stringify(names.split(",").at(-1))}.`);
    expect(err).toContain(hint);
  });

  test("its names are the tools that mtui-mcp has", () => {
    const tools = offerable(TABLE).map(({ name }) => name);
    expect(agentTools(catalogue(TABLE)).toSorted()).toEqual(tools.toSorted());
  });

  test("its clients are those that the command line offers", () => {
    const entry = localCommands().find(({ name }) => name === "mcp_config");
    expect(entry?.params.properties["client"]).toMatchObject({ enum: [...MCP_CLIENTS] });
  });
});
