import { createHash } from "node:crypto";
import { commandLine, printable } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HostResult } from "@mtui/core/registry";
import type { CommandOutcome } from "../../hosts/outcome.ts";
import { capturedText } from "../../hosts/index.ts";
import type { WorkflowContext, WorkflowHost } from "../context.ts";
import {
  assertNotCancelled,
  execOptions,
  HostStop,
  type HostRun,
  record,
  shielded,
  unanswered,
} from "../host-run.ts";
import { operate } from "../operate.ts";
import { commitScript, discardScript, PIECE_BYTES, stageScript } from "./put-scripts.ts";
import type { RemotePath } from "./remote-path.ts";

export interface PutWish {
  readonly path: RemotePath;
  readonly bytes: Buffer;
  /** Octal; undefined: that of the file in whose place it comes, else 0644. */
  readonly mode?: string | undefined;
}

/** What the last step says instead of doing it, by its exit status. */
const REFUSALS: Readonly<
  Record<number, { kind: "file.unsafe" | "file.notFound"; text: string; hint: string }>
> = {
  70: {
    kind: "file.unsafe",
    text: "is a symbolic link",
    hint: "Name the file that it points to.",
  },
  71: { kind: "file.unsafe", text: "is no regular file", hint: "Name a file, not a directory or device." },
  72: {
    kind: "file.notFound",
    text: "is in a directory that is not there",
    hint: "Make it: run -- mkdir -p",
  },
};

/**
 * Writes one file on hosts, under their operation locks: in pieces into the account's own directory, then
 * checked and put in its place by a rename. Each piece is a fenced step of its own, so that a broken link or a
 * restarted daemon goes on where it was.
 * @throws MtuiError lock.foreign, lock.io
 */
export async function putFile(
  context: WorkflowContext,
  { hosts, ...wish }: PutWish & { hosts: readonly WorkflowHost[] },
): Promise<{ hosts: HostResult[]; warnings: string[]; sha256: string }> {
  const sha256 = createHash("sha256").update(wish.bytes).digest("hex");
  const done = await operate(context, {
    name: "put",
    hosts,
    plan: () => null,
    work: (run) => putOne(run, { ...wish, sha256 }),
  });
  return { hosts: done.map(({ result }) => result), warnings: [], sha256 };
}

async function putOne(run: HostRun, wish: PutWish & { sha256: string }): Promise<void> {
  const { path, bytes, sha256, mode } = wish;
  const { context } = run;
  const at = context.clock.now();
  // Two files may be on their way in one account: of hosts that are the same machine, or of another mtuid.
  const nonce = (run.lock?.nonce ?? "").replaceAll(/[^A-Za-z0-9]/g, "");
  const id = `${sha256.slice(0, 16)}.${nonce.slice(0, 16)}`;
  const command = `put ${path.text} (${bytes.length} bytes, sha256 ${sha256.slice(0, 12)}...)`;
  const pieces = Math.max(1, Math.ceil(bytes.length / PIECE_BYTES));
  try {
    for (let piece = 0; piece < pieces; piece += 1) {
      assertNotCancelled(run, "put");
      const part = bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
      const message = pieces === 1 ? {} : { message: `piece ${piece + 1} of ${pieces}` };
      context.progress?.(run.name, { step: "put", state: "running", ...message });
      const staged = await step(run, stageScript({ id, part, first: piece === 0 }));
      if (staged.state !== "ok") throw refused(run, { outcome: staged, command, at, path });
    }
    assertNotCancelled(run, "put");
    const placed = await step(run, commitScript({ id, path, sha256, mode }), { release: !run.byHand });
    if (placed.lockReleased === true) run.lock = null;
    if (placed.state !== "ok") throw refused(run, { outcome: placed, command, at, path });
    record(run, { outcome: placed, step: "put", command, at });
  } catch (thrown) {
    const gone = thrown instanceof HostStop && (thrown.state === "lost" || thrown.state === "unreachable");
    if (!gone && run.lock !== null)
      await shielded(run, () => step(run, discardScript(id, path))).catch(() => null);
    throw thrown;
  }
}

type Answer = Extract<CommandOutcome, { state: "ok" | "failed" }> & { lockReleased?: boolean };

/** @throws HostStop unless the host said how it ended */
async function step(run: HostRun, script: string, options: { release?: boolean } = {}): Promise<Answer> {
  if (run.lock === null) throw new Error("a changing step without an operation lock");
  const line = commandLine(["sh", "-c", script]);
  const outcome = await run.session.change(line, run.lock, { ...execOptions(run), ...options });
  if (outcome.state === "ok" || outcome.state === "failed") return outcome;
  throw unanswered(run, { outcome, step: "put" });
}

function refused(
  run: HostRun,
  { outcome, command, at, path }: { outcome: Answer; command: string; at: number; path: RemotePath },
): HostStop {
  record(run, { outcome, step: "put", command, at });
  const shown = printable(path.text);
  const why = REFUSALS[outcome.exit];
  const said = printable(capturedText(outcome.stderr).trim(), 300) || `exit ${outcome.exit}`;
  const error =
    why === undefined
      ? new MtuiError("operation.failed", `${shown} was not written on ${run.name}: ${said}.`, {
          hint: `Look at space and mount options: run -t ${run.name} -- df ${path.directory}`,
        })
      : new MtuiError(why.kind, `${shown} on ${run.name} ${why.text}; nothing was written.`, {
          hint: why.hint,
        });
  return new HostStop("failed", { error: error.toReport(), exit: outcome.exit });
}
