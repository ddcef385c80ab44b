/**
 * `mtuictl job list` with 10 jobs, and with 1 000 ended and 64 active ones:
 * `node --conditions=mtui-source bench/jobs.ts` (needs the bundles). A whole call is measured, the start
 * of the program included, of the same daemon code in this process. Exit 1 above the limit.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { operationsByName } from "@mtui/core/registry";
import type { JobEnd } from "../packages/daemon/src/jobs/index.ts";
import { dispatch } from "../packages/daemon/src/operations/index.ts";
import { answerHello, serve } from "../packages/daemon/src/server/index.ts";
import { type Desk, openDesk } from "../test/daemon/support/desk.ts";
import { measure, type Spread, table } from "./stats.ts";

const RUNS = Number(process.env["BENCH_RUNS"] ?? 15);
const LIMIT = 1.5;
const program = join(resolve(import.meta.dirname, ".."), "packages/cli/bin/mtuictl.js");
const call = promisify(execFile);

/** @returns the table, and whether many jobs cost more than they may */
export async function jobLists(): Promise<{ text: string; over: boolean }> {
  const few = await listOf({ ended: 10, active: 0 });
  const many = await listOf({ ended: 1000, active: 64 });
  const ratio = many.median / few.median;
  const text = table("mtuictl job list", [
    { name: "10 jobs", spread: few },
    { name: "1 000 ended and 64 active", spread: many, note: `${ratio.toFixed(2)} x; limit ${LIMIT} x` },
  ]);
  return { text, over: ratio > LIMIT };
}

async function listOf(jobs: { ended: number; active: number }): Promise<Spread> {
  using desk = openDesk({ hosts: ["ant"] });
  await fill(desk, jobs);
  const runtime = mkdtempSync(join(tmpdir(), "mtui-bench-"));
  try {
    mkdirSync(join(runtime, "mtui"), { mode: 0o700 });
    await using _server = await serve({
      path: join(runtime, "mtui/mtuid.sock"),
      operations: operationsByName,
      hello: async (params) =>
        answerHello(params, {
          daemonId: "bench",
          startedAt: Date.now(),
          config: [],
          counts: () => ({ active_jobs: jobs.active, workspaces: 1 }),
        }),
      handle: ({ name, params, client, signal }) =>
        dispatch(name, params, { services: desk.services, client, signal }),
      onClient: () => undefined,
      onClientGone: () => undefined,
      log: () => undefined,
    });
    const env = { ...process.env, XDG_RUNTIME_DIR: runtime, MTUI_CONF: "" };
    return await measure({ runs: RUNS, warmUp: 3 }, async () => {
      await call(process.execPath, [program, "job", "list"], { env });
    });
  } finally {
    rmSync(runtime, { recursive: true, force: true });
  }
}

async function fill(desk: Desk, { ended, active }: { ended: number; active: number }): Promise<void> {
  const { jobs } = desk.services;
  const request = { operation: "run", command: "run zypper -n patch", workspace: "w", rrid: null };
  const done: JobEnd = { state: "done", result: { hosts: [], warnings: [] } };
  for (let index = 0; index < ended; index++) await jobs.start(request, async () => done).ended;
  for (let index = 0; index < active; index++) jobs.start(request, () => new Promise(() => {}));
}

if (import.meta.main) {
  const { text, over } = await jobLists();
  console.log(text);
  process.exitCode = over ? 1 : 0;
}
