/** Runs the MCP server from its sources, as the bundle does; `MTUI_TEST_LIMITS` (JSON) makes its limits short. */
import { buildToolTable } from "@mtui/core/registry";
import { main } from "../../../packages/mcp-shim/src/main.ts";

await main(buildToolTable("0.1.0"), JSON.parse(process.env["MTUI_TEST_LIMITS"] ?? "{}"));
