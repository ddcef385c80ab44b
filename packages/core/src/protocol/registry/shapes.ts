import { z } from "zod";
import type { ErrorKind } from "../errors.ts";

/** Shapes that several results share. All names are snake_case on the wire. */

export const errorReport = z.object({
  kind: z.string() as z.ZodType<ErrorKind>,
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  data: z.record(z.string(), z.unknown()).optional(),
});

export const slotShape = z.object({
  product: z.string(),
  version: z.string(),
  arch: z.string(),
  addons: z.array(z.string()),
});

export const jobState = z.enum([
  "queued",
  "waiting",
  "running",
  "cancelling",
  "done",
  "failed",
  "cancelled",
  "lost",
]);
export type JobState = z.infer<typeof jobState>;

export const hostState = z.enum([
  "notRun",
  "running",
  "ok",
  "failed",
  "timeout",
  "cancelled",
  "unreachable",
  "lost",
]);

export const hostProgress = z.object({
  state: hostState,
  /** The step in progress or the last one. */
  step: z.string().optional(),
  exit: z.number().int().optional(),
  message: z.string().optional(),
  since: z.number().optional().describe("milliseconds since the epoch: when the host came to this step"),
  last_line: z.string().max(200).optional().describe("of the output so far"),
});

/** A test target that got no host. */
export const noHostShape = z.object({
  slot: slotShape,
  reason: z.string(),
  cause: z
    .enum(["inventory", "excluded", "not_waited"])
    .describe("nothing satisfies it; only excluded hosts do; others had them and nobody waited"),
  nearest: z
    .array(
      z.object({
        host: z.string(),
        lacks: z.array(
          z.object({
            what: z.enum(["arch", "product", "version", "addon", "addon_version"]),
            wanted: z.string(),
            has: z.string().nullable(),
          }),
        ),
      }),
    )
    .describe("inventory hosts that come nearest"),
  candidates: z
    .array(z.object({ host: z.string(), why_not: z.string() }))
    .describe("hosts that satisfy it, and why none was taken"),
});

export const candidateState = z.enum([
  "free",
  "own",
  "held",
  "releasing",
  "foreign",
  "unreachable",
  "quarantined",
  "dirty",
  "kept",
]);
export type CandidateState = z.infer<typeof candidateState>;

/** A host that a request could use, and why it has not got it; moments in milliseconds since the epoch. */
export const candidateShape = z.object({
  host: z.string(),
  state: candidateState,
  why_not: z.string().describe("the same as a phrase"),
  workspace: z.string().optional().describe("whose it is"),
  claim: z.string().optional(),
  user: z.string().optional().describe("whose foreign lock it is"),
  since: z.number().optional(),
  next_try: z.number().optional().describe("not looked at again before"),
});

export const ticketShape = z.object({
  id: z.string(),
  position: z.number().int().describe("1 = next; 0 = its hosts are being connected"),
  workspace: z.string(),
  rrid: z.string().nullable(),
  job: z.string().nullable(),
  since: z.number().describe("milliseconds since the epoch"),
  until: z
    .number()
    .nullable()
    .describe("when it gives up if nothing changes; null = never, or not while hosts are being connected"),
  waits_for: z.enum(["own", "foreign"]).describe("hosts of our own workspaces, or other people's locks"),
  slots: z.array(z.object({ slot: slotShape, candidates: z.array(candidateShape) })),
});

export const jobView = z.object({
  id: z.string(),
  operation: z.string(),
  command: z.string().describe("the request in words"),
  workspace: z.string(),
  rrid: z.string().nullable(),
  state: jobState,
  created_at: z.number(),
  started_at: z.number().nullable(),
  finished_at: z.number().nullable(),
  elapsed: z.number().describe("seconds"),
  step: z.string().nullable(),
  hosts: z.record(z.string(), hostProgress),
  ticket: ticketShape.nullable(),
  error: errorReport.nullable(),
});
export type JobView = z.infer<typeof jobView>;

/** The reply of every slow operation: the job, and its result once it has ended. */
export function jobReply<R extends z.ZodType>(result: R) {
  return z.object({ job: jobView, result: result.nullable() });
}

/** One command on one host. */
export const commandRecord = z.object({
  command: z.string(),
  state: hostState,
  exit: z.number().int().nullable(),
  seconds: z.number(),
  stdout: z.string(),
  stderr: z.string(),
  dropped: z.number().int().describe("bytes of output that were not kept"),
});

/** What happened on one host: the evidence without which nothing is called a success. */
export const hostResult = z.object({
  host: z.string(),
  system: z.string().nullable(),
  state: hostState,
  exit: z.number().int().nullable(),
  commands: z.array(commandRecord),
  warnings: z.array(z.string()),
  error: errorReport.nullable(),
});
export type HostResult = z.infer<typeof hostResult>;

export const hostResults = z.object({ hosts: z.array(hostResult), warnings: z.array(z.string()) });

export const packageVerdict = z.enum(["PASSED", "NOT_TESTED", "UNKNOWN", "FAILED"]);
export const hostVerdict = z.enum(["PASSED", "NOT_TESTED", "FAILED", "LOST"]);
export const updateVerdict = z.enum(["PASSED", "INCOMPLETE", "FAILED"]);

export const packageResult = z.object({
  name: z.string(),
  required: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  /** "not available": no enabled repository offered it to prepare. */
  note: z.string().optional(),
  verdict: packageVerdict,
});

export const validatedHost = z.object({
  host: z.string(),
  system: z.string().nullable(),
  slots: z.array(slotShape),
  state: hostState,
  verdict: hostVerdict,
  packages: z.array(packageResult),
  log: z.string().nullable().describe("path of the host's install log"),
  warnings: z.array(z.string()),
  error: errorReport.nullable(),
});

export const validation = z.object({
  rrid: z.string(),
  workspace: z.string(),
  verdict: updateVerdict,
  hosts: z.array(validatedHost),
  no_host: z.array(noHostShape),
  waited: z.number().describe("seconds spent in the queue"),
  seconds: z.number(),
  steps: z.array(z.object({ step: z.string(), seconds: z.number() })),
  report: z.string().describe("path of the written report"),
  unreleased: z.array(z.object({ host: z.string(), reason: z.string() })),
  warnings: z.array(z.string()),
});
export type Validation = z.infer<typeof validation>;

export const hostView = z.object({
  host: z.string(),
  key: z.string().describe("resolved HostName:port"),
  system: z.string(),
  transactional: z.boolean(),
  connected: z.boolean(),
  slots: z.array(slotShape),
  claim: z.string(),
  since: z.number(),
  warnings: z.array(z.string()),
});

export const lockView = z.object({
  host: z.string(),
  kind: z.enum(["operation", "pool"]),
  state: z.enum(["free", "ours", "foreign", "malformed", "unreadable"]),
  user: z.string().nullable(),
  pid: z.number().nullable(),
  comment: z.string().nullable(),
  since: z.number().nullable().describe("seconds since the epoch, by the writer's clock"),
  age: z.number().nullable().describe("seconds, by the host's clock"),
  stale: z.boolean(),
  text: z.string().nullable(),
  daemon: z.enum(["this", "other"]).nullable().describe("which mtuid wrote it; null = no mtuid"),
  workspace: z.string().nullable().describe("of that mtuid"),
  rrid: z.string().nullable(),
  operation: z.string().nullable().describe("what holds the operation lock of an mtuid"),
});

export const hostsParam = {
  hosts: z.array(z.string().min(1)).default([]).describe("only these hosts; default: all of the workspace"),
};
export const waitParam = {
  wait: z
    .number()
    .min(0)
    .optional()
    .describe("seconds to wait for busy hosts; 0 = fail at once; default: [lock] wait"),
};
const hostNames = z.array(z.string().min(1).max(255)).max(256).default([]);
/** Which hosts a request for the test targets of a report takes. */
export const choiceParams = {
  prefer: hostNames.describe("try these hosts first, in this order"),
  exclude: hostNames.describe("never take these hosts"),
  strict: z.boolean().default(false).describe("fail when any test target has no host in the inventory"),
  partial: z
    .boolean()
    .default(false)
    .describe("take what is free now instead of all or nothing; wait only while there is nothing at all"),
};
/** `[A-Za-z0-9]...` as rpm allows; checked again where it meets a shell. */
export const packagesParam = z.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+~^:-]{0,199}$/)).min(1);
