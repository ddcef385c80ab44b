import { commandLine, printable } from "@mtui/core/domain";
import { type ErrorReport, MtuiError, toMtuiError } from "@mtui/core/protocol";
import { capturedText } from "../../hosts/index.ts";
import { fanOut } from "../../fan-out.ts";
import type { WorkflowContext, WorkflowHost } from "../context.ts";
import { HostStop, hostRun, execOptions, unanswered } from "../host-run.ts";
import type { RemotePath } from "./remote-path.ts";

/** A pipe that took a file's place must not hold up the call. */
const SILENCE_SECONDS = 60;
/** Bytes of the line before the content. */
const HEAD_BYTES = 256;

/**
 * Says what is there, in one line, and then the bytes. `/proc` and the like have files of size 0 with content:
 * one byte more than was asked for shows whether there is more.
 */
const SCRIPT = `f=$1
if [ ! -e "$f" ]; then echo missing; exit 0; fi
if [ ! -f "$f" ]; then echo special; exit 0; fi
exec 3<"$f" 4>&1 || exit 3
stat -L -c 'file %s %a' -- "$f" || exit 3
e=$({ tail -c "+$2" <&3 | head -c "$3" >&4; } 2>&1)
[ -z "$e" ] || { printf '%s\\n' "$e" >&2; exit 3; }`;

export interface FetchedFile {
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Octal. */
  readonly mode: string;
  readonly bytes: Buffer;
  /** There is more behind these bytes. */
  readonly more: boolean;
}

export interface Fetched {
  readonly host: string;
  readonly file: FetchedFile | null;
  readonly error: ErrorReport | null;
}

/** A part of the same file on every host; reads only, takes no lock. Links are followed. */
export async function getFile(
  context: WorkflowContext,
  wish: { hosts: readonly WorkflowHost[]; path: RemotePath; offset: number; limit: number },
): Promise<Fetched[]> {
  return fanOut(wish.hosts, {
    limit: context.fanout ?? 64,
    work: async (host): Promise<Fetched> => {
      const { name } = host.session;
      try {
        return { host: name, file: await fetchOne(context, { ...wish, host }), error: null };
      } catch (thrown) {
        const error = thrown instanceof HostStop ? thrown.error : toMtuiError(thrown).toReport();
        return { host: name, file: null, error };
      }
    },
  });
}

async function fetchOne(
  context: WorkflowContext,
  { host, path, offset, limit }: { host: WorkflowHost; path: RemotePath; offset: number; limit: number },
): Promise<FetchedFile> {
  const run = hostRun(context, host);
  const words = ["sh", "-c", SCRIPT, "sh", path.text, String(offset + 1), String(limit + 1)];
  const outcome = await host.session.query(commandLine(words), {
    ...execOptions(run),
    // Head and tail are halves of what is kept: twice as much, and nothing is dropped between them.
    limits: { silence: SILENCE_SECONDS, total: 0, capture: 2 * (limit + 1 + HEAD_BYTES) },
  });
  if (outcome.state !== "ok" && outcome.state !== "failed")
    throw unanswered(run, { outcome, step: `get ${path.text}` });
  const said = Buffer.concat([outcome.stdout.head, outcome.stdout.tail]);
  const end = said.indexOf("\n");
  const first = said.subarray(0, Math.max(0, Math.min(end, HEAD_BYTES))).toString("latin1");
  const shown = printable(path.text);
  if (first === "missing") {
    throw new MtuiError("file.notFound", `${run.name} has no file ${shown}.`, {
      hint: `Look what is there: mtuictl run -w ${context.workspace} -t ${run.name} -- ls -la ${path.directory}`,
    });
  }
  if (first === "special") {
    throw new MtuiError("file.unsafe", `${shown} on ${run.name} is no regular file; nothing was read.`, {
      hint: "Directories, pipes and devices are not read: name a file in it, or use run.",
    });
  }
  const found = /^file (\d+) ([0-7]+)$/.exec(first);
  if (outcome.state === "failed" || found === null) {
    const why = printable(capturedText(outcome.stderr).trim(), 300);
    throw new MtuiError("operation.failed", `${shown} on ${run.name} cannot be read: ${why || "no answer"}.`);
  }
  const content = said.subarray(end + 1);
  return {
    size: Number(found[1]),
    mode: (found[2] ?? "").padStart(4, "0"),
    bytes: content.subarray(0, limit),
    more: content.length > limit,
  };
}
