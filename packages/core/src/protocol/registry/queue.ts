import { z } from "zod";
import { eventShape } from "./jobs.ts";
import { allParam, defineOperation } from "./operation.ts";
import { hostsParam, slotShape, ticketShape } from "./shapes.ts";

/** A host that a workspace has. Moments are milliseconds since the epoch. */
export const claimShape = z.object({
  id: z.string(),
  host: z.string(),
  key: z.string(),
  workspace: z.string(),
  rrid: z.string().nullable(),
  state: z.enum(["claimed", "acquiring", "releasing"]),
  since: z.number(),
  lease_until: z.number().nullable().describe("when the workspace loses it without a sign of life"),
  job: z.string().nullable().describe("the job that is at work there now"),
  operation: z.string().nullable().describe("of that job"),
  step: z.string().nullable().describe("of that job"),
  reason: z.string().nullable().describe("why it is still being released"),
  slots: z.array(slotShape),
});

/** A host that nobody gets at the moment, whether somebody waits for it or not. */
export const troubleShape = z.object({
  host: z.string(),
  key: z.string(),
  state: z.enum(["quarantined", "unreachable", "dirty", "foreign", "releasing"]),
  reason: z.string(),
  since: z.number().nullable(),
  next_try: z.number().describe("not granted, or not tried again, before"),
});

export const queueOperations = [
  defineOperation({
    name: "list_queue",
    summary: "Who holds which host, who waits for which, and why each candidate is not free",
    scope: "daemon",
    effect: "read",
    params: allParam,
    result: z.object({
      claims: z.array(claimShape),
      tickets: z.array(ticketShape),
      hosts: z.array(troubleShape).describe("hosts that nobody can have at the moment"),
      left_out: z
        .object({ claims: z.number().int(), tickets: z.number().int(), hosts: z.number().int() })
        .optional()
        .describe("how many there are that other namespaces hold, wait for, or have trouble with"),
      cursor: z.number().int().describe("list_events from here on tells what changes"),
    }),
    cli: { command: "queue" },
  }),
  defineOperation({
    name: "takeover",
    summary: "Take a host that another workspace holds; its people are told who did and why",
    scope: "workspace",
    effect: "control",
    params: {
      host: z.string().min(1).max(255).describe("the host"),
      claim: z
        .string()
        .min(1)
        .max(64)
        .describe("the claim as list_queue shows it; another one there refuses"),
      reason: z.string().trim().min(1).max(500).describe("what the loser is told"),
      force: z.boolean().default(false).describe("cancel the job that is at work there first"),
    },
    result: z.object({
      host: z.string(),
      workspace: z.string(),
      claim: z.string().describe("the new one"),
      from: z.object({
        workspace: z.string(),
        rrid: z.string().nullable(),
        claim: z.string(),
        since: z.number(),
      }),
      cancelled_jobs: z.array(z.string()),
      warnings: z.array(z.string()),
    }),
    cli: { positionals: ["host"] },
  }),
  defineOperation({
    name: "unlock",
    summary: "Remove our operation lock (--pool: give the host up); --force removes anybody's lock",
    scope: "workspace",
    effect: "control",
    params: {
      ...hostsParam,
      force: z.boolean().default(false).describe("whoever it belongs to"),
      pool: z.boolean().default(false).describe("the pool lock instead"),
    },
    result: z.object({
      hosts: z.array(
        z.object({
          host: z.string(),
          state: z.enum(["released", "absent", "foreign", "error"]),
          was: z.string().nullable(),
          message: z.string().optional(),
          kind: z.string().optional().describe("kind of the error"),
        }),
      ),
    }),
    cli: { short: { hosts: "t", force: "f", pool: "p" }, long: { hosts: "target" } },
  }),
  defineOperation({
    name: "list_events",
    summary: "What happened to claims, requests, hosts, jobs and locks; waits for news if told to",
    scope: "daemon",
    effect: "read",
    params: {
      from: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe("the cursor of an earlier reply; 0 = all that is kept; default: the latest ones"),
      last: z
        .number()
        .int()
        .min(0)
        .max(2000)
        .default(50)
        .describe("how many to begin with, without a cursor"),
      timeout: z
        .number()
        .min(0)
        .max(60)
        .default(0)
        .describe("seconds to wait for an event when there is none"),
      types: z
        .array(z.string().regex(/^[a-z]+\.(?:\*|[a-z-]+)$/, "a type of event, such as job.state or claim.*"))
        .max(50)
        .default([])
        .describe("only these: claim.lost, host.*, ..."),
      workspace: z.string().optional().describe("only this workspace's"),
      hosts: z.array(z.string().min(1)).max(1000).default([]).describe("only these hosts'"),
      output: z.boolean().default(false).describe("with the output of commands"),
      ...allParam,
    },
    result: z.object({
      events: z.array(eventShape),
      cursor: z.number().int().describe("read on from here"),
      gap: z.boolean().describe("events between were dropped"),
    }),
    cli: {
      command: "events",
      short: { hosts: "t", workspace: "w", last: "n" },
      long: { hosts: "target", types: "type" },
    },
  }),
] as const;
