import { z } from "zod";
import { defineOperation } from "./operation.ts";
import { errorReport, jobView } from "./shapes.ts";

const jobIds = { job_ids: z.array(z.string()).min(1).max(1000) };

export const eventShape = z.object({
  seq: z.number().int(),
  at: z.number(),
  type: z.string().describe("job.state, job.host, job.step, job.output, claim.granted, ..."),
  job: z.string().optional(),
  workspace: z.string().optional(),
  host: z.string().optional(),
  text: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type DaemonEvent = z.infer<typeof eventShape>;

export const jobOperations = [
  defineOperation({
    name: "job_list",
    summary: "Jobs, newest first",
    scope: "daemon",
    effect: "read",
    params: {
      workspace: z.string().optional().describe("only this workspace's"),
      active: z.boolean().default(false).describe("only jobs that have not ended"),
    },
    result: z.object({ jobs: z.array(jobView) }),
    cli: { command: "job list", short: { workspace: "w" } },
  }),
  defineOperation({
    name: "job_status",
    summary: "One job: state, step and outcome per host, place in the queue",
    scope: "daemon",
    effect: "read",
    params: { job_id: z.string() },
    result: jobView,
    cli: { command: "job status", positionals: ["job_id"] },
  }),
  defineOperation({
    name: "job_result",
    summary: "The result of a finished job",
    scope: "daemon",
    effect: "read",
    params: { job_id: z.string() },
    result: z.object({ job: jobView, result: z.unknown().nullable(), error: errorReport.nullable() }),
    cli: { command: "job result", positionals: ["job_id"] },
  }),
  defineOperation({
    name: "job_wait",
    summary: "Wait until all (--any: one) of the jobs have ended, or the time is over",
    scope: "daemon",
    effect: "read",
    params: {
      ...jobIds,
      any: z.boolean().default(false).describe("one of them is enough"),
      timeout: z.number().min(0).max(86_400).default(30).describe("seconds"),
    },
    result: z.object({ finished: z.boolean(), jobs: z.array(jobView) }),
    cli: { command: "job wait", positionals: ["job_ids"] },
  }),
  defineOperation({
    name: "job_cancel",
    summary: "End a job: what has not started does not start, what runs is ended on the hosts",
    scope: "daemon",
    effect: "control",
    params: { job_id: z.string() },
    result: z.object({ job: jobView, cancelled: z.boolean(), message: z.string() }),
    cli: { command: "job cancel", positionals: ["job_id"] },
  }),
  defineOperation({
    name: "job_follow",
    summary: "Events of jobs from a cursor on; waits for the first when there is none yet",
    scope: "daemon",
    effect: "read",
    params: {
      ...jobIds,
      from: z
        .number()
        .int()
        .min(0)
        .default(0)
        .describe("the cursor of the previous reply; 0 = from the start"),
      timeout: z.number().min(0).max(60).default(25).describe("seconds to wait for an event"),
      output: z.boolean().default(true).describe("with the output of commands"),
    },
    result: z.object({
      events: z.array(eventShape),
      cursor: z.number().int(),
      gap: z.boolean().describe("events between were dropped; the jobs' views are complete"),
      finished: z.boolean(),
      jobs: z.array(jobView),
    }),
    cli: { command: "job follow", positionals: ["job_ids"] },
  }),
] as const;
