import { join } from "node:path";
import { answerQuestions } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { ResultOf } from "@mtui/core/registry";
import { changeLog, listLogs, patchLines, readBelow, textWindow } from "../workflow/index.ts";
import { contentHash } from "../workflow/write-report/files.ts";
import { fullName } from "../workspaces/names.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { Call, PlainHandler } from "./context.ts";
import { tellWritten } from "./tell-written.ts";

/** Where templates keep the logs of their builds. */
const BUILD_CHECKS = "build_checks";

interface Window {
  offset: number;
  limit?: number | undefined;
}

function reportOf(workspace: string, { services, client }: Call): Workspace {
  const found = services.workspaces.require(fullName(workspace, client));
  found.requireTemplate();
  return found;
}

async function windowOf(
  directory: string,
  { relpath, offset, limit }: Window & { relpath: string },
): Promise<ResultOf<"testreport_read">> {
  const bytes = await readBelow(directory, relpath);
  const { lineCount, content, returned, next, cut, lossy } = textWindow(bytes, { offset, limit });
  return {
    path: join(directory, relpath),
    bytes: bytes.length,
    line_count: lineCount,
    sha256: contentHash(bytes),
    offset,
    returned_lines: returned,
    content,
    next_offset: next,
    ...(cut > 0 ? { cut } : {}),
    ...(lossy ? { lossy } : {}),
  };
}

export const testreportRead: PlainHandler<"testreport_read"> = async (params, call) =>
  windowOf(reportOf(params.workspace, call).requireTemplate().path, params);

export const showDiff: PlainHandler<"show_diff"> = async (params, call) =>
  windowOf(reportOf(params.workspace, call).requireTemplate().path, { ...params, relpath: "source.diff" });

export const testreportLogs: PlainHandler<"testreport_logs"> = async (params, call) => {
  const { path } = reportOf(params.workspace, call).requireTemplate();
  const checks = await listLogs(path, BUILD_CHECKS);
  const logs = await listLogs(path, call.services.config.mtui.install_logs);
  const leftOut = checks.leftOut + logs.leftOut;
  return {
    path,
    build_checks: checks.files,
    install_logs: logs.files,
    ...(leftOut > 0 ? { left_out: leftOut } : {}),
  };
};

/** In its turn: not while a job of the same desk is about to export. What was changed is told. */
async function changing<T extends { bytes_written: number }>(
  workspace: string,
  { call, change }: { call: Call; change: (directory: string) => Promise<T> },
): Promise<T> {
  const desk = reportOf(workspace, call);
  const { events } = call.services;
  return desk.mutate(
    async () => {
      const changed = await change(desk.requireTemplate().path);
      if (changed.bytes_written > 0) tellWritten(desk, { events, path: "log" });
      return changed;
    },
    { signal: call.signal },
  );
}

export const testreportPatch: PlainHandler<"testreport_patch"> = (params, call) =>
  changing(params.workspace, {
    call,
    change: async (directory) => {
      const { start_line: start, end_line: end, expect_hash: expectHash } = params;
      const replacement = wellFormed(params.replacement);
      const done = { replaced: 0, inserted: 0 };
      const { written, lineCount, hash } = await changeLog(directory, {
        expectHash,
        change: (lines) => {
          const patched = patchLines(lines, { start, end, replacement });
          Object.assign(done, patched);
          return patched.lines;
        },
      });
      return {
        path: join(directory, "log"),
        new_line_count: lineCount,
        replaced_lines: done.replaced,
        inserted_lines: done.inserted,
        bytes_written: written,
        sha256: hash,
      };
    },
  });

export const testreportWrite: PlainHandler<"testreport_write"> = (params, call) =>
  changing(params.workspace, {
    call,
    change: async (directory) => {
      const content = Buffer.from(wellFormed(params.content)).toString("latin1");
      return writtenView(
        directory,
        await changeLog(directory, { expectHash: params.expect_hash, change: () => [content] }),
      );
    },
  });

export const testreportFill: PlainHandler<"testreport_fill"> = (params, call) =>
  changing(params.workspace, {
    call,
    change: async (directory) => {
      const { summary, reproducer, status, expect_hash: expectHash } = params;
      if (summary === undefined && reproducer === undefined && status === undefined) {
        throw new MtuiError("params.invalid", "No answer was given, so nothing was filled in.", {
          hint: "Give at least one of summary, reproducer and status.",
        });
      }
      let filled = { summary: 0, reproducer: 0, status: 0 };
      const changed = await changeLog(directory, {
        expectHash,
        change: (lines) => {
          const answered = answerQuestions(lines, { summary, reproducer, status });
          filled = answered.filled;
          return answered.lines;
        },
      });
      return { ...writtenView(directory, changed), filled };
    },
  });

function writtenView(
  directory: string,
  { written, lineCount, hash }: Awaited<ReturnType<typeof changeLog>>,
): ResultOf<"testreport_write"> {
  return { path: join(directory, "log"), bytes_written: written, line_count: lineCount, sha256: hash };
}

/** Half a character cannot be written, and must not become another one unseen. */
function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new MtuiError(
    "params.invalid",
    "The text has half characters (lone surrogates); nothing was written.",
    {
      hint: "Send it as whole Unicode characters.",
    },
  );
}
