import { MtuiError } from "@mtui/core/protocol";
import type { AskedCall } from "./asked-call.ts";

/** Where to see whether an operation was carried out. */
const LOOK: Readonly<Record<string, string>> = {
  load_template: "mtuictl list-workspaces",
  close_workspace: "mtuictl list-workspaces",
  unload: "mtuictl list-workspaces",
  remove_host: "mtuictl list-hosts",
  takeover: "mtuictl queue",
  unlock: "mtuictl list-locks",
  export: "mtuictl testreport-read",
  testreport_patch: "mtuictl testreport-read",
  testreport_write: "mtuictl testreport-read",
  testreport_fill: "mtuictl testreport-read",
  set_timeout: "mtuictl list-timeout",
  job_cancel: "mtuictl job status",
  daemon_stop: "mtuictl daemon status",
};

/** A former life of the daemon began it, and ended before it could say what came of it. */
export function outcomeUnknown({ operation }: AskedCall, at: number): MtuiError {
  const moment = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return new MtuiError(
    "outcome.unknown",
    `The daemon ended after it had begun ${operation} at ${moment}; whether it was carried out is not known.`,
    { hint: hintFor(operation, "if it was not, ask anew (under a new key)"), data: { operation, at } },
  );
}

export function answerTooLong({ operation }: AskedCall, bytes: number): MtuiError {
  return new MtuiError(
    "outcome.unknown",
    `${operation} was carried out; its answer of ${bytes} bytes was not kept.`,
    { hint: hintFor(operation, "it is not to be asked again"), data: { operation, bytes, done: true } },
  );
}

function hintFor(operation: string, then: string): string {
  return `Look: ${LOOK[operation] ?? "mtuictl queue"}; ${then}.`;
}
