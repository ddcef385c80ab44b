import { z } from "zod";
import { defineOperation } from "./operation.ts";
import { hostsParam } from "./shapes.ts";

/** Operations on the loaded report: its files, and what it says (docs/formats/report-files.md). */

const sha256 = z.string().describe("SHA-256 of the whole file, for expect_hash");

const windowParams = {
  offset: z.number().int().min(1).default(1).describe("first line"),
  limit: z.number().int().min(0).max(1_000_000).optional().describe("lines"),
};

export const textWindow = z.object({
  path: z.string(),
  bytes: z.number().int(),
  line_count: z.number().int().describe("of the whole file"),
  sha256,
  offset: z.number().int().describe("number of the first line in `content`"),
  returned_lines: z.number().int(),
  content: z.string(),
  next_offset: z.number().int().nullable().describe("where the rest begins; null: there is no more"),
  cut: z.number().int().optional().describe("bytes of an overlong line that are left out of `content`"),
  lossy: z.boolean().optional().describe("bytes that are no UTF-8 stand as U+FFFD"),
});

const edited = {
  path: z.string(),
  bytes_written: z.number().int().describe("0: nothing was changed"),
  line_count: z.number().int(),
  sha256,
};

const expectHash = {
  expect_hash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, { error: "a sha256 as testreport_read gives it" })
    .optional()
    .describe("sha256 that was read; another: report.changed"),
};

const logFile = z.object({ name: z.string(), size: z.number().int() });
const issue = z.object({ id: z.string(), title: z.string(), url: z.string().nullable() });
const report = { scope: "workspace", effect: "read" } as const;

export const reportOperations = [
  defineOperation({
    ...report,
    name: "testreport_read",
    summary: "Lines of the report or of another file beside it",
    params: {
      relpath: z.string().min(1).max(1024).default("log").describe("file in the report's directory"),
      ...windowParams,
    },
    result: textWindow,
    cli: { positionals: ["relpath"] },
  }),
  defineOperation({
    ...report,
    name: "testreport_logs",
    summary: "Build checks and install logs that lie beside the report",
    result: z.object({
      path: z.string(),
      build_checks: z.array(logFile),
      install_logs: z.array(logFile),
      left_out: z.number().int().optional().describe("more files than are listed"),
    }),
  }),
  defineOperation({
    ...report,
    name: "testreport_patch",
    summary: "Replace lines of the report",
    effect: "change",
    params: {
      start_line: z.number().int().min(1).describe("first line, from 1"),
      end_line: z.number().int().min(0).describe("last line; start_line-1 inserts"),
      replacement: z.string().max(4_194_304).describe("text; empty deletes"),
      ...expectHash,
    },
    result: z.object({
      path: z.string(),
      new_line_count: z.number().int(),
      replaced_lines: z.number().int(),
      inserted_lines: z.number().int(),
      bytes_written: z.number().int().describe("0: nothing was changed"),
      sha256,
    }),
    cli: { positionals: ["start_line", "end_line", "replacement"], files: ["replacement"] },
  }),
  defineOperation({
    ...report,
    name: "testreport_write",
    summary: "Replace the whole report",
    effect: "change",
    params: { content: z.string().min(1).max(4_194_304).describe("all of it"), ...expectHash },
    result: z.object(edited),
    cli: { positionals: ["content"], files: ["content"] },
  }),
  defineOperation({
    ...report,
    name: "testreport_fill",
    summary: "Answer the report's open questions; answers that are there stay",
    effect: "change",
    params: {
      reproducer: z.enum(["YES", "NO"]).optional().describe("of every issue"),
      status: z
        .enum([
          "FIXED",
          "NOT_FIXED",
          "HYPOTHETICAL",
          "NOT_REPRODUCIBLE",
          "NO_ENVIRONMENT",
          "TOO_COMPLEX",
          "SKIPPED",
          "OTHER",
        ])
        .optional()
        .describe("of every issue"),
      summary: z.enum(["PASSED", "FAILED"]).optional().describe("of the report"),
      ...expectHash,
    },
    result: z.object({
      ...edited,
      filled: z
        .object({ summary: z.number().int(), reproducer: z.number().int(), status: z.number().int() })
        .describe("lines that were filled in"),
    }),
  }),
  defineOperation({
    ...report,
    name: "show_diff",
    summary: "The update's source.diff",
    params: windowParams,
    result: textWindow,
  }),
  defineOperation({
    ...report,
    name: "list_bugs",
    summary: "Bugs and Jira issues of the update",
    result: z.object({
      rrid: z.string(),
      url: z.string().nullable().describe("all bugs in one list"),
      bugs: z.array(issue),
      jira: z.array(issue),
    }),
  }),
  defineOperation({
    ...report,
    name: "show_update_repos",
    summary: "The update's repositories by product",
    result: z.object({
      rrid: z.string(),
      repositories: z.array(
        z.object({ product: z.string(), version: z.string(), arch: z.string(), url: z.string() }),
      ),
    }),
  }),
  defineOperation({
    ...report,
    name: "list_update_commands",
    summary: "What `update` would run on each host; asks no host",
    params: hostsParam,
    result: z.object({
      hosts: z.array(
        z.object({ hosts: z.array(z.string()), commands: z.array(z.string()), error: z.string().nullable() }),
      ),
    }),
    cli: { short: { hosts: "t" }, long: { hosts: "target" } },
  }),
  defineOperation({
    name: "list_templates",
    summary: "Loaded reports and the workspaces that have them",
    scope: "daemon",
    effect: "read",
    result: z.object({
      templates: z.array(z.object({ rrid: z.string(), workspace: z.string(), hosts: z.array(z.string()) })),
    }),
  }),
  defineOperation({
    name: "unload",
    summary: "Close the workspace that has this report loaded; frees its hosts",
    scope: "daemon",
    effect: "control",
    params: { rrid: z.string().min(1) },
    result: z.object({
      workspace: z.string(),
      released: z.array(z.string()),
      unreleased: z.array(z.object({ host: z.string(), reason: z.string() })),
      cancelled_jobs: z.array(z.string()),
    }),
    cli: { positionals: ["rrid"] },
  }),
] as const;
