import type { HostResult, JobView, ResultOf, Validation } from "@mtui/core/registry";
import { NOW } from "./fake-io.ts";

export const SLOT = { product: "SLES", version: "15-SP6", arch: "x86_64", addons: [] };

/** A request that waits, for as long as it takes, for one test target. */
export function ticket(fields: Partial<NonNullable<JobView["ticket"]>> = {}): NonNullable<JobView["ticket"]> {
  return {
    id: "t",
    position: 1,
    workspace: "w",
    rrid: null,
    job: null,
    since: NOW,
    until: null,
    waits_for: "own",
    slots: [{ slot: SLOT, candidates: [{ host: "a", state: "held", why_not: "held by w1" }] }],
    ...fields,
  };
}

export function job(fields: Partial<JobView> = {}): JobView {
  return {
    id: "run-1",
    operation: "run",
    command: "run true",
    workspace: "default",
    rrid: null,
    state: "done",
    created_at: NOW - 5000,
    started_at: NOW - 4000,
    finished_at: NOW - 1000,
    elapsed: 3,
    step: null,
    hosts: {},
    ticket: null,
    error: null,
    ...fields,
  };
}

export function ran(
  host: string,
  fields: { stdout?: string; stderr?: string; exit?: number; dropped?: number } = {},
): HostResult {
  const { stdout = "", stderr = "", exit = 0, dropped = 0 } = fields;
  const state = exit === 0 ? "ok" : "failed";
  return {
    host,
    system: "SLES 15-SP6 x86_64",
    state,
    exit,
    commands: [{ command: "true", state, exit, seconds: 0.2, stdout, stderr, dropped }],
    warnings: [],
    error: null,
  };
}

export function lost(host: string): HostResult {
  return {
    ...ran(host),
    state: "lost",
    exit: null,
    commands: [],
    error: {
      kind: "host.lost",
      message: "The connection broke.",
      hint: "Look at the host.",
      retryable: false,
    },
  };
}

export function validated(fields: Partial<Validation> = {}): Validation {
  return {
    rrid: "SUSE:Maintenance:1:2",
    workspace: "SUSE-Maintenance-1-2",
    verdict: "PASSED",
    hosts: [
      {
        host: "a.example",
        system: "SLES 15-SP6 x86_64",
        slots: [SLOT],
        state: "ok",
        verdict: "PASSED",
        packages: [
          { name: "bash", required: "5.2-2", before: "5.2-1", after: "5.2-2", verdict: "PASSED" },
          {
            name: "bash-doc",
            required: "5.2-2",
            before: null,
            after: "5.2-2",
            verdict: "NOT_TESTED",
            note: "not installed before",
          },
        ],
        log: "/reports/install_logs/a.example.log",
        warnings: [],
        error: null,
      },
    ],
    no_host: [],
    waited: 0,
    seconds: 12.4,
    steps: [],
    report: "/reports/log",
    unreleased: [],
    warnings: [],
    ...fields,
  };
}

/** What `job_follow` answers when jobs have ended. */
export function ended(jobs: JobView[]): ResultOf<"job_follow"> {
  return { events: [], cursor: 1, gap: false, finished: true, jobs };
}
