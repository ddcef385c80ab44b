/** Runs the MCP server from its sources, as the bundle does. */
import { buildCommandTable } from "@mtui/core/registry";
import { main } from "../../../packages/mcp-shim/src/main.ts";

await main(buildCommandTable("0.1.0"));
