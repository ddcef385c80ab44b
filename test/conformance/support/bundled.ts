import { buildToolTable } from "@mtui/core/registry";
import { build } from "esbuild";
import { join } from "node:path";

const SHIM = join(import.meta.dirname, "../../../packages/mcp-shim");

/** The server as it is shipped, one file with its table built in: dozens of processes start in a run, each from it. */
export async function bundleServer(folder: string): Promise<string> {
  const outfile = join(folder, "mtui-mcp.mjs");
  const table = JSON.stringify(JSON.stringify(buildToolTable("0.1.0")));
  await build({
    stdin: {
      contents: `import { main } from "./src/main.ts"; await main(JSON.parse(${table}));`,
      resolveDir: SHIM,
      loader: "ts",
    },
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["mtui-source"],
    logLevel: "warning",
  });
  return outfile;
}
