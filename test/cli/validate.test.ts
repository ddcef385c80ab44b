import { expect, test } from "vitest";
import type { DaemonEvent, JobView, Validation } from "@mtui/core/registry";
import { mtuictl } from "./support/cli.ts";
import type { Script } from "./support/fake-daemon.ts";
import { NOW } from "./support/fake-io.ts";
import { ended, job, SLOT, ticket, validated } from "./support/samples.ts";

const RRID = "SUSE:Maintenance:1:2";
const update = (fields: Partial<JobView> = {}): JobView =>
  job({ id: "validate-1", operation: "validate", command: `validate ${RRID}`, rrid: RRID, ...fields });

function scriptOf(outcomes: { job: JobView; result: Validation | null }[]): Script {
  const jobs = outcomes.map((outcome) => outcome.job);
  return {
    validate: { jobs: jobs.map((view) => ({ ...view, state: "queued" as const })), results: null },
    job_follow: ended(jobs),
    job_result: (params) => {
      const found = outcomes.find((outcome) => outcome.job.id === params.job_id);
      return { ...found, error: found?.job.error ?? null };
    },
  };
}

test("a passed update: its table, its report, exit 0", async () => {
  const { code, out } = await mtuictl(["validate", RRID], {
    script: scriptOf([{ job: update(), result: validated() }]),
  });
  expect(out).toBe(`SUSE:Maintenance:1:2  PASSED  12 s
  host       package   before  required  after  verdict
  a.example  bash      5.2-1   5.2-2     5.2-2  PASSED
             bash-doc  -       5.2-2     5.2-2  NOT_TESTED (not installed before)
  report: /reports/log

1 update: 1 PASSED
`);
  expect(code).toBe(0);
});

test("a host that was updated before says so, and how to go back", async () => {
  const [host] = validated().hosts;
  const [tracked] = host?.packages ?? [];
  if (host === undefined || tracked === undefined) throw new Error("the sample has a package");
  const there = { ...tracked, before: "5.2-2", after: "5.2-2", verdict: "NOT_TESTED" } as const;
  const hosts = [{ ...host, verdict: "NOT_TESTED" as const, packages: [there] }];
  const { out } = await mtuictl(["validate", RRID], {
    script: scriptOf([{ job: update(), result: validated({ verdict: "INCOMPLETE", hosts }) }]),
  });
  expect(out).toContain(
    `  a.example is NOT_TESTED: the update was installed there before\n` +
      `  mtuictl validate --after downgrade --prefer a.example ${validated().rrid} takes it back; then validate again.\n`,
  );
  const steps = [{ step: "downgrade", seconds: 1 }];
  const { out: after } = await mtuictl(["validate", "--after", "downgrade", RRID], {
    script: scriptOf([{ job: update(), result: validated({ verdict: "INCOMPLETE", hosts, steps }) }]),
  });
  expect(after).toContain("installed there before\n  The downgrade is done: validate again.\n");
});

test("slots without a host, lost hosts, unreleased hosts and failed jobs are all named; exit 1", async () => {
  const incomplete = validated({
    verdict: "INCOMPLETE",
    waited: 61,
    no_host: [
      {
        slot: { ...SLOT, arch: "s390x" },
        reason: "the inventory has none",
        cause: "inventory",
        nearest: [],
        candidates: [],
      },
    ],
    unreleased: [{ host: "a.example", reason: "unreachable" }],
    warnings: ["template.unverified"],
  });
  const [host] = validated().hosts;
  if (host === undefined) throw new Error("the sample has a host");
  const error = {
    kind: "host.lost",
    message: "Its sshd is gone.",
    hint: "Look at it.",
    retryable: false,
  } as const;
  const failed = validated({
    rrid: "SUSE:Maintenance:3:4",
    verdict: "FAILED",
    hosts: [{ ...host, verdict: "LOST", state: "lost", packages: [], error }],
  });
  const missing = {
    kind: "template.notFound",
    message: "No such template.",
    hint: "Check the RRID.",
    retryable: false,
  } as const;
  const { code, out } = await mtuictl(["validate", RRID, "SUSE:Maintenance:3:4", "SUSE:Maintenance:5:6"], {
    script: scriptOf([
      { job: update(), result: incomplete },
      { job: update({ id: "validate-2", rrid: "SUSE:Maintenance:3:4" }), result: failed },
      {
        job: update({ id: "validate-3", rrid: "SUSE:Maintenance:5:6", state: "failed", error: missing }),
        result: null,
      },
    ]),
  });
  expect(out).toBe(`SUSE:Maintenance:1:2  INCOMPLETE  12 s, 1:01 of it in the queue
  host       package   before  required  after  verdict
  a.example  bash      5.2-1   5.2-2     5.2-2  PASSED
             bash-doc  -       5.2-2     5.2-2  NOT_TESTED (not installed before)
  no host for SLES 15-SP6 s390x: the inventory has none
  not released: a.example: unreachable
  warning: template.unverified
  report: /reports/log

SUSE:Maintenance:3:4  FAILED  12 s
  a.example is LOST: host.lost: Its sshd is gone. (Look at it.)
  report: /reports/log

SUSE:Maintenance:5:6  failed  validate-3
  template.notFound: No such template.
  Check the RRID.

3 updates: 1 INCOMPLETE, 1 FAILED, 1 not validated
`);
  expect(code).toBe(1);
});

test("--json is the registry's reply of validate", async () => {
  const { out } = await mtuictl(["validate", "--json", RRID], {
    script: scriptOf([{ job: update(), result: validated() }]),
  });
  expect(JSON.parse(out)).toEqual({ jobs: [update()], results: [validated()] });
});

test.each([
  ["host.busy", 4],
  ["template.notFound", 3],
  ["rrid.invalid", 2],
  ["inventory.invalid", 1],
] as const)("one update that fails with %s exits with %i", async (kind, exit) => {
  const error = { kind, message: "m", retryable: false };
  const { code } = await mtuictl(["validate", RRID], {
    script: scriptOf([{ job: update({ state: "failed", error }), result: null }]),
  });
  expect(code).toBe(exit);
});

test("of several, a failure outweighs a busy pool", async () => {
  const busy = { kind: "host.busy", message: "m", retryable: true } as const;
  const broken = { kind: "template.invalid", message: "m", retryable: false } as const;
  const jobs = [busy, busy, broken].map((error, index) =>
    update({ id: `validate-${index}`, state: "failed", error }),
  );
  const only = (views: JobView[]) => scriptOf(views.map((view) => ({ job: view, result: null })));
  expect((await mtuictl(["validate", "a", "b"], { script: only(jobs.slice(0, 2)) })).code).toBe(4);
  expect((await mtuictl(["validate", "a", "b", "c"], { script: only(jobs) })).code).toBe(1);
});

test("an update short of PASSED is no success", async () => {
  for (const verdict of ["INCOMPLETE", "FAILED"] as const) {
    const { code } = await mtuictl(["validate", RRID], {
      script: scriptOf([{ job: update(), result: validated({ verdict }) }]),
    });
    expect(code).toBe(1);
  }
});

test("without a terminal every change is a line with its update and host, on standard error", async () => {
  let page = 0;
  const event = (seq: number, fields: Partial<DaemonEvent>): DaemonEvent => ({
    seq,
    at: NOW,
    type: "job.step",
    job: "validate-1",
    ...fields,
  });
  const candidates = [{ host: "a.example", state: "held" as const, why_not: "held by workspace x" }];
  const waiting = ticket({ rrid: RRID, slots: [{ slot: SLOT, candidates }] });
  const pages = [
    {
      events: [
        event(1, { type: "job.state", data: { state: "waiting" } }),
        event(2, { type: "job.ticket", data: {} }),
      ],
      jobs: [update({ state: "waiting", ticket: waiting })],
    },
    {
      events: [
        event(3, { type: "job.state", data: { state: "running" } }),
        event(4, { text: "prepare\u001b[2J" }),
        event(5, {
          type: "job.host",
          host: "a.example",
          data: { state: "failed", exit: 4, step: "zypper in" },
        }),
        event(6, { type: "job.state", data: { state: "failed", error: { message: "broken" } } }),
      ],
      jobs: [update({ state: "failed" })],
    },
  ];
  const script = scriptOf([{ job: update(), result: validated() }]);
  const { err, out, daemon } = await mtuictl(["validate", RRID], {
    script: {
      ...script,
      job_follow: () => {
        const now = pages[page++];
        return { ...now, cursor: page * 10, gap: false, finished: page === pages.length };
      },
    },
  });
  expect(
    err,
  ).toBe(`SUSE:Maintenance:1:2: number 1 in the queue for SLES 15-SP6 x86_64 (a.example: held by workspace x)
SUSE:Maintenance:1:2: prepare
SUSE:Maintenance:1:2 a.example: failed (exit 4)  zypper in
`);
  expect(out).not.toContain("waiting");
  const cursors = daemon.calls
    .filter((call) => call.method === "job_follow")
    .map((call) => (call.params as { from: number }).from);
  expect(cursors).toEqual([0, 10]);
});
