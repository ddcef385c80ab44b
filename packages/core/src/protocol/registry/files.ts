import { z } from "zod";
import { defineOperation } from "./operation.ts";
import { commandRecord, errorReport, hostResults, hostsParam, jobReply, waitParam } from "./shapes.ts";

/** Files and records of the workspace's hosts (docs/formats/host-transfers.md). */

/** Bytes of one file that travel in one call. */
export const GET_LIMIT = 1024 * 1024;
export const PUT_LIMIT = 1024 * 1024;

const hostT = { short: { hosts: "t" }, long: { hosts: "target" } } as const;
const filename = z.string().min(1).max(1024).describe("absolute path on the hosts");
const failures = z.array(z.object({ host: z.string(), error: errorReport }));

export const fileOperations = [
  defineOperation({
    name: "get",
    summary: "Content of a file on the hosts; equal files once",
    scope: "workspace",
    effect: "read",
    params: {
      filename,
      offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe("first byte"),
      limit: z
        .number()
        .int()
        .min(1)
        .max(GET_LIMIT)
        .default(64 * 1024)
        .describe("bytes"),
      ...hostsParam,
    },
    result: z.object({
      filename: z.string(),
      files: z.array(
        z.object({
          hosts: z.array(z.string()),
          size: z.number().int().describe("of the whole file, in bytes"),
          mode: z.string().describe("octal"),
          offset: z.number().int(),
          bytes: z.number().int().describe("bytes in `content`"),
          encoding: z.enum(["utf-8", "base64"]).describe("of `content`; base64 where it is no text"),
          content: z.string(),
          next_offset: z.number().int().nullable().describe("where the rest begins; null: there is no more"),
          sha256: z.string().nullable().describe("null: `content` is not the whole file"),
        }),
      ),
      errors: failures,
    }),
    cli: { positionals: ["filename"], ...hostT },
  }),
  defineOperation({
    name: "put",
    summary: "Write a file on the hosts, whole or not at all, under their operation locks",
    scope: "workspace",
    effect: "destructive",
    slow: true,
    params: {
      filename,
      // base64 of the limit; what it comes to is checked by bytes.
      content: z.string().max(1_398_104).describe("1 MiB at most"),
      encoding: z.enum(["utf-8", "base64"]).default("utf-8").describe("of content"),
      mode: z
        .string()
        .regex(/^[0-7]{3,4}$/, { error: "an octal mode such as 0755" })
        .optional()
        .describe("octal; default: as it was, or 0644"),
      ...hostsParam,
      ...waitParam,
    },
    result: jobReply(
      hostResults.extend({ filename: z.string(), bytes: z.number().int(), sha256: z.string() }),
    ),
    cli: { positionals: ["filename", "content"], files: ["content"], ...hostT },
  }),
  defineOperation({
    name: "show_log",
    summary: "What this workspace ran on the hosts, with its output",
    scope: "workspace",
    effect: "read",
    params: {
      limit: z.number().int().min(1).max(2000).default(50).describe("the last commands of each host"),
      ...hostsParam,
    },
    result: z.object({
      hosts: z.array(
        z.object({
          host: z.string(),
          commands: z.array(
            commandRecord.extend({
              step: z.string(),
              at: z.number().describe("start, milliseconds since the epoch"),
            }),
          ),
          earlier: z.number().int().describe("commands before these"),
        }),
      ),
    }),
    cli: { ...hostT },
  }),
  defineOperation({
    name: "list_history",
    summary: "The hosts' own history of updates, newest first",
    scope: "workspace",
    effect: "read",
    params: {
      event: z
        .array(z.enum(["connect", "disconnect", "install", "uninstall", "update", "downgrade"]))
        .default([])
        .describe("only these"),
      limit: z.number().int().min(1).max(1000).default(50).describe("lines of each host"),
      ...hostsParam,
    },
    result: z.object({
      hosts: z.array(
        z.object({
          host: z.string(),
          entries: z.array(
            z.object({
              at: z.number().int().describe("seconds since the epoch, by the writer's clock"),
              user: z.string(),
              text: z.string(),
            }),
          ),
          left_out: z
            .number()
            .int()
            .describe("older lines that did not fit into this reply; ask for this host alone to have them"),
        }),
      ),
      errors: failures,
    }),
    cli: { short: { hosts: "t", event: "e" }, long: { hosts: "target" } },
  }),
  defineOperation({
    name: "set_timeout",
    summary: "Seconds of silence after which a command on the hosts is ended",
    scope: "workspace",
    effect: "change",
    params: {
      timeout: z.number().int().min(0).max(86_400).describe("seconds; 0: never"),
      ...hostsParam,
    },
    result: z.object({ hosts: z.array(z.object({ host: z.string(), timeout: z.number() })) }),
    cli: { positionals: ["timeout"], ...hostT },
  }),
  defineOperation({
    name: "list_timeout",
    summary: "Seconds of silence that commands on the hosts may have",
    scope: "workspace",
    effect: "read",
    params: hostsParam,
    result: z.object({ hosts: z.array(z.object({ host: z.string(), timeout: z.number() })) }),
    cli: { ...hostT },
  }),
] as const;
