import { z } from "zod";
import { defineOperation } from "./operation.ts";
import { choiceParams, hostsParam, hostView, jobReply, lockView, noHostShape, waitParam } from "./shapes.ts";

const hostT = { short: { hosts: "t" }, long: { hosts: "target" } } as const;

export const refhostRow = z.object({
  name: z.string(),
  arch: z.string(),
  product: z.string(),
  version: z.string(),
  addons: z.array(z.string()),
  slot: z.string().nullable(),
  lock: z
    .enum(["free", "held", "locked", "pool-locked", "unreachable", "unknown"])
    .optional()
    .describe("held: by a workspace of this daemon, which is not asked again"),
  lock_text: z.string().optional(),
  held: z
    .object({
      workspace: z.string(),
      rrid: z.string().nullable(),
      claim: z.string(),
      since: z.number().describe("milliseconds since the epoch"),
    })
    .optional(),
  locks: z.array(lockView).optional().describe("what stands on the host"),
});

export const hostOperations = [
  defineOperation({
    name: "add_host",
    summary: "Claim and connect one free host per test target, or the named hosts",
    scope: "workspace",
    effect: "change",
    slow: true,
    params: {
      target: z.array(z.string().min(1)).default([]).describe("these hosts instead of the pool"),
      all: z.boolean().default(false).describe("every matching host, not one per test target"),
      ...choiceParams,
      ...waitParam,
    },
    result: jobReply(
      z.object({
        hosts: z.array(hostView),
        no_host: z.array(noHostShape),
        warnings: z.array(z.string()),
      }),
    ),
    cli: { short: { target: "t" } },
  }),
  defineOperation({
    name: "remove_host",
    summary: "Release hosts of the workspace: locks, claim and connection",
    scope: "workspace",
    effect: "change",
    params: hostsParam,
    result: z.object({
      released: z.array(z.string()),
      unreleased: z.array(z.object({ host: z.string(), reason: z.string() })),
    }),
    cli: hostT,
  }),
  defineOperation({
    name: "list_refhosts",
    summary: "Query the inventory of reference hosts; changes nothing, on the hosts neither",
    scope: "daemon",
    effect: "read",
    params: {
      testplatform: z.string().optional().describe("a testplatform query; other filters are ignored"),
      name: z.string().optional().describe("shell pattern on the host name"),
      arch: z.array(z.string()).default([]).describe("x86_64, aarch64, ..."),
      product: z.string().optional().describe("part of the base product's name, any case"),
      version: z.string().optional().describe("15-SP6, 15.6 or 15"),
      addon: z.array(z.string()).default([]).describe("part of an addon's name, any case; all must match"),
      pool: z.boolean().default(false).describe("group by test target"),
      free: z.boolean().default(false).describe("look at the locks on each host, read only"),
    },
    result: z.object({ hosts: z.array(refhostRow), warnings: z.array(z.string()) }),
    cli: { short: { testplatform: "T", name: "n", arch: "a", product: "p" } },
  }),
  defineOperation({
    name: "list_locks",
    summary: "Both kinds of lock on the workspace's hosts, with owner and age by the host's clock",
    scope: "workspace",
    effect: "read",
    params: { pool: z.boolean().default(false).describe("pool locks alone"), ...hostsParam },
    result: z.object({ locks: z.array(lockView) }),
    cli: { short: { hosts: "t", pool: "p" }, long: { hosts: "target" } },
  }),
  defineOperation({
    name: "lock",
    summary: "Take the operation lock by hand; it survives the workspace's own operations",
    scope: "workspace",
    effect: "change",
    slow: true,
    params: {
      ...hostsParam,
      comment: z.array(z.string()).default([]).describe("what others read in the lock"),
      ...waitParam,
    },
    result: jobReply(z.object({ locks: z.array(lockView) })),
    cli: { words: ["comment"], short: { hosts: "t", comment: "c" }, long: { hosts: "target" } },
  }),
] as const;
