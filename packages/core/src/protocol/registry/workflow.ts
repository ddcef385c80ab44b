import { z } from "zod";
import { defineOperation } from "./operation.ts";
import {
  choiceParams,
  hostResult,
  hostResults,
  hostsParam,
  jobReply,
  jobView,
  packageResult,
  packagesParam,
  validation,
  waitParam,
} from "./shapes.ts";

const hostT = { short: { hosts: "t" }, long: { hosts: "target" } } as const;
const slow = { scope: "workspace", effect: "destructive", slow: true } as const;

export const updateResult = z.object({
  hosts: z.array(
    hostResult.extend({
      packages: z.array(packageResult),
      verdict: z.enum(["PASSED", "NOT_TESTED", "FAILED", "LOST"]),
    }),
  ),
  warnings: z.array(z.string()),
});

export const workflowOperations = [
  defineOperation({
    ...slow,
    name: "validate",
    scope: "daemon",
    summary: "Take updates from their templates to written reports, as many at once as the pool allows",
    params: {
      rrids: z
        .array(z.string())
        .min(1)
        .max(500)
        .describe("SUSE:Maintenance:31337:298765, SUSE:SLFO:1.2:4711"),
      parallel: z
        .number()
        .int()
        .min(1)
        .max(256)
        .optional()
        .describe("updates at once; default: as the pool allows"),
      ...choiceParams,
      ...waitParam,
      keep: z.boolean().default(false).describe("keep hosts and workspace afterwards"),
      newpackage: z.boolean().default(false).describe("also install packages that are new in this update"),
      after: z.enum(["leave", "downgrade"]).default("leave").describe("what to do with the updated hosts"),
    },
    result: z.object({ jobs: z.array(jobView), results: z.array(validation.nullable()).nullable() }),
    cli: { positionals: ["rrids"] },
  }),
  defineOperation({
    ...slow,
    name: "run",
    summary: "Run a command line on the workspace's hosts under their operation locks",
    params: {
      command: z.array(z.string()).min(1).describe('argv; for shell syntax: ["sh","-c","..."]'),
      ...hostsParam,
      timeout: z
        .number()
        .int()
        .min(0)
        .optional()
        .describe("seconds of silence before the command is ended; 0 = none"),
      ...waitParam,
    },
    result: jobReply(hostResults),
    cli: { positionals: ["command"], ...hostT },
  }),
  defineOperation({
    ...slow,
    name: "prepare",
    summary: "Install the update's packages from released repositories (--update: from the update's)",
    params: {
      force: z
        .boolean()
        .default(false)
        .describe("with --force-resolution: zypper may change other packages for it"),
      installed: z.boolean().default(false).describe("only packages that are installed already"),
      update: z.boolean().default(false).describe("with the update's repositories"),
      ...hostsParam,
      ...waitParam,
    },
    result: jobReply(hostResults),
    cli: { short: { hosts: "t", force: "f", installed: "i", update: "u" }, long: { hosts: "target" } },
  }),
  defineOperation({
    ...slow,
    name: "update",
    summary: "Install the update and compare package versions before and after",
    params: {
      newpackage: z.boolean().default(false).describe("also install packages that are new in this update"),
      noprepare: z.boolean().default(false).describe("do not install the released versions first"),
      ...hostsParam,
      ...waitParam,
    },
    result: jobReply(updateResult),
    cli: hostT,
  }),
  defineOperation({
    ...slow,
    name: "downgrade",
    summary: "Go back to the released versions",
    params: { ...hostsParam, ...waitParam },
    result: jobReply(hostResults),
    cli: hostT,
  }),
  defineOperation({
    ...slow,
    name: "install",
    summary: "Install packages",
    params: { package: packagesParam, ...hostsParam, ...waitParam },
    result: jobReply(hostResults),
    cli: { positionals: ["package"], ...hostT },
  }),
  defineOperation({
    ...slow,
    name: "uninstall",
    summary: "Remove packages",
    params: { package: packagesParam, ...hostsParam, ...waitParam },
    result: jobReply(hostResults),
    cli: { positionals: ["package"], ...hostT },
  }),
  defineOperation({
    ...slow,
    name: "set_repo",
    summary: "Add or remove the update's repositories",
    params: {
      operation: z.enum(["add", "remove"]).describe("what to do with them"),
      ...hostsParam,
      ...waitParam,
    },
    result: jobReply(hostResults),
    cli: { positionals: ["operation"], ...hostT },
  }),
  defineOperation({
    ...slow,
    name: "reboot",
    summary: "Reboot hosts, proven by a new boot id",
    params: { ...hostsParam, ...waitParam },
    result: jobReply(hostResults),
    cli: hostT,
  }),
  defineOperation({
    name: "list_packages",
    summary: "Installed versions of the update's packages and their state",
    scope: "workspace",
    effect: "read",
    params: {
      package: z.array(z.string()).default([]).describe("only these; default: the update's"),
      wanted: z.boolean().default(false).describe("what the report requires; asks no host"),
      ...hostsParam,
    },
    result: z.object({
      hosts: z.array(
        z.object({
          host: z.string(),
          packages: z.array(
            z.object({
              name: z.string(),
              installed: z.string().nullable(),
              required: z.string().nullable(),
              state: z.enum([
                "not installed",
                "update needed",
                "updated",
                "too recent",
                "installed",
                "wanted",
                "unknown",
              ]),
            }),
          ),
          error: z.string().nullable(),
        }),
      ),
    }),
    cli: { short: { hosts: "t", package: "p" }, long: { hosts: "target" } },
  }),
  defineOperation({
    name: "export",
    summary: "Write the results of the last update into the report and its install logs",
    scope: "workspace",
    effect: "change",
    params: {
      force: z.boolean().default(false).describe("overwrite install logs that differ"),
      ...hostsParam,
    },
    result: z.object({
      report: z.string(),
      logs: z.array(z.string()),
      hosts: z.array(z.object({ host: z.string(), verdict: z.string() })),
      warnings: z.array(z.string()),
    }),
    cli: { short: { hosts: "t", force: "f" }, long: { hosts: "target" } },
  }),
] as const;
