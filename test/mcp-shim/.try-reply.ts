import { readFileSync } from "node:fs";
import { buildCommandTable } from "@mtui/core/registry";
import { replyOf } from "/work/main/packages/mcp-shim/src/reply/index.ts";
const table = buildCommandTable("1");
const r = JSON.parse(readFileSync("/tmp/plan/review.json", "utf8"));
const params: Record<string, any> = {
  update: { background: true },
  job_status: { job_id: "update-1" },
  job_result: { job_id: "update-1" },
  job_output: { job_id: "update-1", output: true },
};
for (const [name, { result }] of Object.entries<any>(r)) {
  const op = name === "job_output" ? "job_result" : name === "run_fail" ? "run" : name;
  const x = replyOf(result, { operation: op, params: params[name] ?? {}, budget: 20000, table });
  const t = (x.content[0] as any).text;
  console.log(
    `=== ${name} ${x.isError ?? ""} plain ${JSON.stringify(result).length} text ${t.length} structured ${JSON.stringify(x.structuredContent).length}`,
  );
  console.log(process.argv[2] === "-s" ? JSON.stringify(x.structuredContent) : t.slice(0, 3500));
}
