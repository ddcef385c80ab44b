import type { ResultOf } from "@mtui/core/registry";
import { afterAll, beforeAll, describe, expect, onTestFailed, test } from "vitest";
import { type Lab, type LabHost, startLab, waitUntil } from "../lab/index.ts";
import { withoutLab } from "../support/lab-missing.ts";
import { type Fault, FAULTS, JobDesk, type WantedJob } from "./support/job-desk.ts";
import { leftBehind } from "./support/left-behind.ts";
import { keptOutput } from "./support/output-files.ts";
import { seededRandom } from "./support/random.ts";
import { Tester } from "./support/tester.ts";

/*
 * Jobs on eight hosts while their daemons are killed, links are frozen or cut, the sshd sessions of their
 * connections killed, and clients that wait for them killed. Each command keeps a record of its own on its
 * host: that it began, every byte of both streams, its exit status. In the end what the job says and what
 * the record says must be the same. The seed decides what runs and what happens to it; when exactly, the
 * machine decides.
 */
const LONG = process.env["MTUI_LONG"] === "1";
const SEED = Number(process.env["MTUI_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const JOBS = Number(process.env["MTUI_JOBS"] ?? (LONG ? 100 : 12));
const USERS = ["ann", "ben"];
const HOSTS = LONG ? 8 : 4;
const FREEZES_MS = LONG ? [5_000, 90_000] : [5_000];
/** So many jobs have met every fault. */
const ENOUGH = 100;

describe.skipIf(withoutLab)("jobs on hosts, while everything around them breaks", () => {
  let lab: Lab;
  const testers: Tester[] = [];

  beforeAll(async () => {
    const names = Array.from({ length: HOSTS }, (_, index) => ({
      name: `host-${index + 1}`,
      packages: ["frob = 1.0-1"],
      // Both runners.
      perl: index % 2 === 0,
    }));
    lab = await startLab({
      hosts: names,
      released: ["frob = 1.0-1"],
      config: { lock: { wait: 900, wait_poll: 1 } },
    });
    for (const user of USERS) testers.push(new Tester(user, lab));
  });

  afterAll(async () => {
    for (const tester of testers) await tester[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  const testerOf = (host: LabHost): Tester => testers[lab.hosts.indexOf(host) % testers.length]!;

  test(`${JOBS} jobs end as the hosts' own records say`, {
    timeout: LONG ? 2_400_000 : 300_000,
  }, async () => {
    const replay = `MTUI_SEED=${SEED} MTUI_JOBS=${JOBS}`;
    console.log(`chaos of jobs: ${replay}`);
    onTestFailed(() => console.error(`replay: ${replay}`));
    const done: WantedJob[] = [];
    const left = { jobs: JOBS };
    const hits = new Map<Fault, number>();
    await Promise.all(
      lab.hosts.map((host, index) =>
        new JobDesk(testerOf(host), {
          host,
          random: seededRandom(SEED + index),
          seed: SEED,
          maxLines: LONG ? 95 : 15,
          freezesMs: FREEZES_MS,
          hits,
        }).work(left, done),
      ),
    );
    expect(done).toHaveLength(JOBS);
    let ran = 0;
    for (const wanted of done) ran += await compare(wanted, testerOf(wanted.host));
    const met = FAULTS.filter((fault) => fault !== "nothing").map(
      (what) => [what, hits.get(what) ?? 0] as const,
    );
    console.log(
      `chaos of jobs: ${ran} of ${JOBS} ran; ${met.map(([what, count]) => `${what} ${count}`).join(", ")}`,
    );
    expect(ran).toBeGreaterThan(JOBS / 2);
    expect(hits.size).toBeGreaterThan(0);
    if (JOBS >= ENOUGH) expect(met.filter(([, count]) => count === 0)).toEqual([]);
    for (const tester of testers) {
      const { workspaces } = await tester.ask("list_workspaces", {});
      for (const { workspace } of workspaces) await tester.ask("close_workspace", { workspace, force: true });
      await waitUntil(async () => (await tester.ask("list_queue", {})).claims.length === 0, {
        for: `${tester.name} to hold nothing`,
        limitMs: 120_000,
      });
    }
    for (const host of lab.hosts) {
      expect(await leftBehind(host)).toEqual([]);
      await waitUntil(
        async () => (await host.must("find /root/.mtuid -mindepth 2 2>/dev/null || true")) === "",
        {
          for: `the traces on ${host.name} to be collected`,
        },
      );
    }
  });
});

/** Of a job whose command never began: the host could not be reached for it, or its lock not be had. */
const NOT_BEGUN = [
  { state: "failed", host: "notRun", error: "operation.failed" },
  { state: "failed", host: "unreachable", error: "operation.failed" },
];

/** @returns 1 when it ran */
async function compare({ id, host, job }: WantedJob, tester: Tester): Promise<number> {
  const view = await tester.ask("job_status", { job_id: job ?? "" });
  const began = await host.readFile(`/tmp/record/${id}.began`);
  const told = view.hosts[host.name];
  const said = { state: view.state, host: told?.state, error: view.error?.kind };
  expect(Object.keys(view.hosts)).toEqual([host.name]);
  if (began === null) {
    expect(NOT_BEGUN, id).toContainEqual(said);
    return 0;
  }
  expect({ id, began }).toEqual({ id, began: "began\n" });
  const exit = Number(await host.readFile(`/tmp/record/${id}.exit`));
  expect({ id, ...said, exit: told?.exit }).toEqual(
    exit === 0
      ? { id, state: "done", host: "ok", error: undefined, exit }
      : { id, state: "failed", host: "failed", error: "operation.failed", exit },
  );
  for (const [stream, end] of [
    ["stdout", "out"],
    ["stderr", "err"],
  ] as const) {
    const recorded = (await host.exec(`base64 -w0 /tmp/record/${id}.${end} 2>/dev/null`)).stdout;
    const record = Buffer.from(recorded, "base64");
    const kept = keptOutput(tester.home, { job: job ?? "", host: host.name, end });
    // One character a byte: neither side is decoded.
    expect({ id, stream, bytes: kept.toString("latin1") }).toEqual({
      id,
      stream,
      bytes: record.toString("latin1"),
    });
    const text = await outputOf(tester, { job: job ?? "", host: host.name, stream });
    expect({ id, stream, text }).toEqual({ id, stream, text: record.toString("utf8") });
  }
  return 1;
}

/** All of it, page by page. */
async function outputOf(
  tester: Tester,
  { job, host, stream }: { job: string; host: string; stream: "stdout" | "stderr" },
): Promise<string> {
  let text = "";
  let cursor: string | undefined;
  for (;;) {
    const page: ResultOf<"job_result"> = await tester.ask("job_result", {
      job_id: job,
      hosts: [host],
      output: true,
      stream,
      limit: 4096,
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const piece of page.output ?? []) text += piece.text;
    const next = page.cursor;
    if (next === undefined || next === null) return text;
    cursor = next;
  }
}
