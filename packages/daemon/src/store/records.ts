import { errorReport, hostProgress, jobState, slotShape } from "@mtui/core/registry";
import { z } from "zod";

/**
 * What the daemon remembers beyond its own life (docs/formats/state.md). Times are milliseconds since the
 * epoch. A body that does not fit its schema is left out when it is read: nobody but us writes here, but
 * disks do.
 */

/** Key: the workspace's full name. */
export const workspaceRecord = z.object({
  namespace: z.string().nullable(),
  rrid: z.string().nullable(),
  noHost: z.array(z.object({ slot: slotShape, reason: z.string() })),
  leaseUntil: z.number().nullable(),
});
export type WorkspaceRecord = z.infer<typeof workspaceRecord>;

/** Key: the host's arbiter key. Who has it, as the arbiter sees it. */
export const claimRecord = z.object({
  claim: z.string(),
  name: z.string(),
  workspace: z.string(),
  rrid: z.string().nullable(),
  job: z.string().nullable(),
  slots: z.array(slotShape),
  since: z.number(),
  state: z.enum(["acquiring", "claimed", "releasing"]),
});
export type ClaimRecord = z.infer<typeof claimRecord>;

export const heldLock = z.object({
  kind: z.enum(["operation", "pool"]),
  bytes: z.string(),
  nonce: z.string(),
});

/** Key: `<job>/<host>`. The operation lock that the job took last there. */
export const lockRow = z.object({ lock: heldLock, step: z.number().int(), held: z.boolean() });
export type LockRow = z.infer<typeof lockRow>;

const productId = z.object({ name: z.string(), version: z.string(), arch: z.string() });

/** Key: claim id. What the workspace knows of the host that it has. */
export const hostRecord = z.object({
  poolLock: heldLock,
  byHand: heldLock.nullable(),
  /** Seconds of silence that were set for it. */
  silence: z.number().optional(),
  slots: z.array(slotShape),
  warnings: z.array(z.string()),
  facts: z.object({
    base: productId,
    addons: z.array(productId),
    transactional: z.boolean(),
    system: z.string(),
    dangling: z.boolean(),
    release: z.enum(["11", "12", "15", "16", "slmicro", "YUM"]).nullable(),
  }),
});
export type HostRecord = z.infer<typeof hostRecord>;

/** Key: the id of the job that waits. Its place in the queue. */
export const ticketRecord = z.object({
  id: z.string(),
  tag: z.number().int(),
  seq: z.number().int(),
  since: z.number(),
  overtaken: z.number().int(),
});
export type TicketRecord = z.infer<typeof ticketRecord>;

/** Key: job id. */
export const jobRecord = z.object({
  operation: z.string(),
  command: z.string(),
  workspace: z.string(),
  rrid: z.string().nullable(),
  /** How to begin it again: the operation's own parameters, and who asked. Null = not at all. */
  recipe: z
    .object({
      params: z.record(z.string(), z.unknown()),
      notes: z.record(z.string(), z.unknown()),
      client: z.object({
        id: z.string(),
        kind: z.enum(["terminal", "agent", "script"]),
        name: z.string(),
        namespace: z.string().nullable(),
      }),
    })
    .nullable(),
  /** By which hosts know its steps. Absent in older ones: there it is the job's id. */
  trace: z.string().nullable().default(null),
  state: jobState,
  /** False = nothing was changed on any host for it yet: it may simply begin again. */
  begun: z.boolean(),
  created: z.number(),
  started: z.number().nullable(),
  finished: z.number().nullable(),
  step: z.string().nullable(),
  hosts: z.record(z.string(), hostProgress),
  error: errorReport.nullable(),
  /** Of a cancel: steps that each host had been asked for by then. Absent in older ones. */
  reached: z
    .object({ hosts: z.record(z.string(), z.number().int()), others: z.number().int() })
    .nullable()
    .default(null),
  /** How its work ended, when hosts are still to be given back. Absent in older ones. */
  worked: z
    .object({
      state: z.enum(["done", "failed", "lost", "cancelled"]),
      error: errorReport.nullable(),
    })
    .nullable()
    .default(null),
});
export type JobRecord = z.infer<typeof jobRecord>;

const bytes = z.object({ bytes: z.number(), dropped: z.number() });
/** What the outcome's own type says; only that it is ours to read is checked. */
const outcome = z.looseObject({ state: z.string() });

/** Key: `<job>/<host>/<step>`. */
export const stepRecord = z.discriminatedUnion("kind", [
  z.object({
    kind: z.enum(["query", "change"]),
    command: z.string(),
    at: z.number(),
    end: outcome.extend({ stdout: bytes.nullable(), stderr: bytes.nullable() }),
  }),
  z.object({ kind: z.literal("reboot"), before: z.string(), at: z.number(), end: outcome.nullable() }),
  z.object({ kind: z.literal("history"), at: z.number(), end: z.boolean().nullable() }),
]);
export type StepRecord = z.infer<typeof stepRecord>;

/** Key: `<namespace, or kind of client> <operation> <idempotency key>`. A call that may be asked for again. */
export const callRecord = z.object({
  at: z.number(),
  /** SHA-256 of the parameters: another request under the same key is a mistake. */
  params: z.string(),
  /** Null = begun, and not answered when this was written. */
  answer: z
    .discriminatedUnion("state", [
      z.object({ state: z.literal("done"), result: z.unknown() }),
      z.object({ state: z.literal("failed"), error: errorReport }),
      z.object({ state: z.literal("long"), bytes: z.number() }),
    ])
    .nullable(),
});
export type CallRecord = z.infer<typeof callRecord>;

/** Key: the namespace. The process of a client that has it. */
export const namespaceRecord = z.object({
  wanted: z.string().nullable(),
  instance: z.string(),
  pid: z.number().int(),
  startTicks: z.number().nullable(),
});
export type NamespaceRecord = z.infer<typeof namespaceRecord>;

/** Key: the workspace's full name. Its lease was over, and nobody has opened it again. */
export const lostLeaseRecord = z.object({
  rrid: z.string().nullable(),
  at: z.number(),
  hosts: z.array(z.string()),
});
export type LostLeaseRecord = z.infer<typeof lostLeaseRecord>;

/** Key: `<workspace> <host>`. The workspace does not have the host any more, and did not give it up. */
export const lostHostRecord = z.object({
  /** The workspace that took it over; null = somebody else, who has its lock now. */
  by: z.string().nullable(),
  at: z.number(),
  reason: z.string(),
  /** The workspace was told, and has asked for something since. */
  told: z.boolean(),
});
export type LostHostRecord = z.infer<typeof lostHostRecord>;

/** Key: `<host key> <command id>`. A change there that a cancel could not reach, and since when. */
export const unendedRecord = z.object({ at: z.number() });
export type UnendedRecord = z.infer<typeof unendedRecord>;

const commandEntry = z.object({
  step: z.string(),
  command: z.string(),
  state: z.string(),
  exit: z.number().nullable(),
  seconds: z.number(),
  stdout: z.string(),
  stderr: z.string(),
  dropped: z.number(),
  at: z.number(),
});

/** Key: `<workspace> <host>`. What was done there for the report, for `export`. */
export const historyRecord = z.object({
  commands: z.array(commandEntry),
  update: z.looseObject({ host: z.string() }).nullable(),
});
export type HistoryRecord = z.infer<typeof historyRecord>;
