import { parseOurComment } from "@mtui/core/domain";
import type { ResultOf } from "@mtui/core/registry";
import type { LockReading } from "../hosts/index.ts";

type LockView = ResultOf<"list_locks">["locks"][number];

/** The third word of `mtui pool RRID [label]`, which every mtui writes into a pool lock. */
const POOL_RRID = /^mtui pool (SUSE:[A-Za-z0-9._:-]{1,80})(?: |$)/;

/**
 * What a lock's comment says of its owner. Another mtuid's workspace is told as that mtuid calls it; what
 * other mtuis put into brackets is no workspace.
 */
export function lockOwner(
  reading: LockReading,
): Pick<LockView, "daemon" | "workspace" | "rrid" | "operation"> {
  const nobody = { daemon: null, workspace: null, rrid: null, operation: null };
  if (reading.state !== "ours" && reading.state !== "foreign") return nobody;
  const { comment, user } = reading.record;
  const ours = user.endsWith("+mtuid") ? parseOurComment(comment) : null;
  if (ours === null) return { ...nobody, rrid: POOL_RRID.exec(comment)?.[1] ?? null };
  const { workspace, rrid, operation } = ours;
  return { daemon: reading.state === "ours" ? "this" : "other", workspace, rrid, operation };
}
