import { z } from "zod";
import { allParam, defineOperation, workspaceName } from "./operation.ts";
import { errorReport, jobView } from "./shapes.ts";

const jobParams = {
  job_id: z.string(),
  workspace: workspaceName.optional().describe("whose job it must be"),
};
const cancelled = { job: jobView, cancelled: z.boolean(), message: z.string() };
const streamName = z.enum(["stdout", "stderr"]);

/** Output of one step on one host, as text. */
export const outputPiece = z.object({
  host: z.string(),
  step: z.number().int().describe("counts the job's steps on this host"),
  stream: streamName,
  offset: z.number().int().describe("of its first byte in the stream"),
  bytes: z.number().int().describe("of the stream; what is not UTF-8 is U+FFFD in the text"),
  missing: z.number().int().describe("bytes right before it that were not kept"),
  text: z.string(),
});
export type OutputPiece = z.infer<typeof outputPiece>;

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
      limit: z
        .number()
        .int()
        .min(1)
        .max(100_000)
        .default(100)
        .describe("the newest of them; active ones all"),
      ...allParam,
    },
    result: z.object({
      jobs: z.array(jobView),
      more: z.number().int().optional().describe("older ones that are left out"),
      others: z.number().int().optional().describe("of other namespaces, left out"),
    }),
    cli: { command: "job list", short: { workspace: "w" } },
  }),
  defineOperation({
    name: "job_status",
    summary: "One job: state, step and outcome per host, place in the queue",
    scope: "daemon",
    effect: "read",
    params: jobParams,
    result: jobView,
    cli: { command: "job status", positionals: ["job_id"], short: { workspace: "w" } },
  }),
  defineOperation({
    name: "job_result",
    summary: "The result of a finished job, or what its commands printed, page by page",
    scope: "daemon",
    effect: "read",
    params: {
      ...jobParams,
      hosts: z.array(z.string().min(1)).default([]).describe("only these hosts; default: all of the job"),
      output: z.boolean().default(false).describe("all that was printed, in place of the result"),
      stream: streamName.optional().describe("only this stream; with output"),
      tail: z.number().int().min(1).max(100_000).optional().describe("the last lines of each; with output"),
      cursor: z.string().max(2048).optional().describe("of the page before; with output"),
      limit: z
        .number()
        .int()
        .min(1024)
        .max(1024 * 1024)
        .default(256 * 1024)
        .describe("bytes of a page of output"),
      step: z.number().int().min(0).optional().describe("only this step; with output"),
      from: z.number().int().min(0).default(0).describe("offset in each stream to begin at; with output"),
      partial: z.boolean().default(false).describe("also of a job that goes on: what there is; with output"),
    },
    result: z.object({
      job: jobView,
      result: z.unknown().nullable(),
      error: errorReport.nullable(),
      output: z.array(outputPiece).optional().describe("by host, step and stream; when it was asked for"),
      cursor: z.string().nullable().optional().describe("of the next page; null: there is no more"),
      streams: z
        .array(
          z.object({
            host: z.string(),
            step: z.number().int(),
            stream: streamName,
            bytes: z.number().int(),
            kept: z.number().int(),
          }),
        )
        .optional()
        .describe("what there is; with the first page"),
    }),
    cli: {
      command: "job result",
      positionals: ["job_id"],
      short: { hosts: "t", workspace: "w" },
      long: { hosts: "host" },
    },
  }),
  defineOperation({
    name: "job_wait",
    summary: "Wait until all (--any: one) of the jobs have ended, or the time is over",
    scope: "daemon",
    effect: "read",
    params: {
      ...jobIds,
      any: z.boolean().default(false).describe("one of them is enough"),
      all: z.boolean().default(false).describe("wait for every one, which is what happens without --any"),
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
    params: {
      ...jobParams,
      others: z.array(z.string()).max(1000).default([]).describe("more jobs to end"),
    },
    result: z.object({ ...cancelled, others: z.array(z.object(cancelled)).optional() }),
    cli: { command: "job cancel", positionals: ["job_id", "others"], short: { workspace: "w" } },
  }),
  defineOperation({
    name: "job_follow",
    summary: "What jobs do and what their commands print, as it happens, to their end",
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
