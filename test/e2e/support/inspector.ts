import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import type { TesterHome } from "../../support/home.ts";

const require = createRequire(import.meta.url);

/** The inspector's command line; it finds its own package only from the directory where it lies. */
const FOLDER = join(dirname(require.resolve("@modelcontextprotocol/inspector-cli/package.json")), "build");
const MTUI_MCP = join(import.meta.dirname, "../../../node_modules/.bin/mtui-mcp");

/** The inspector with one request; every time it starts a server of its own and ends it. */
export class Inspector {
  readonly #home: TesterHome;

  constructor(home: TesterHome) {
    this.#home = home;
  }

  async tools(): Promise<Tool[]> {
    return ((await this.#ask("--method", "tools/list")) as { tools: Tool[] }).tools;
  }

  async call(tool: string, args: Record<string, unknown> = {}): Promise<CallToolResult> {
    const words = Object.entries(args).flatMap(([name, value]) => [
      "--tool-arg",
      `${name}=${JSON.stringify(value)}`,
    ]);
    return (await this.#ask("--method", "tools/call", "--tool-name", tool, ...words)) as CallToolResult;
  }

  async #ask(...args: string[]): Promise<unknown> {
    const inside = ["-c", 'cd "$0" && exec node index.js "$@"', FOLDER, MTUI_MCP, ...args];
    const { code, stdout, stderr } = await this.#home.run("/bin/sh", inside);
    if (code !== 0) throw new Error(`the inspector ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }
}
