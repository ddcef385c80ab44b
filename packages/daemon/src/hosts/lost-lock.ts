import { printable } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import { describeForeignLock } from "./describe-lock.ts";
import type { LockKind } from "./remote-paths.ts";
import type { LockReading } from "./session.ts";

/**
 * A lock of ours does not stand any more, and what stands in its place is left alone
 * (docs/formats/locks.md, "Fence").
 * @param by the file as it was read after the refusal
 */
export function lockLost(claim: Claim, { kind, by }: { kind: LockKind; by: LockReading }): MtuiError {
  const { hostName: host } = claim;
  const { workspace } = claim.fields;
  const hint =
    kind === "pool"
      ? `Give the host up: mtuictl remove-host -w ${workspace} -t ${host}; mtuictl add-host -w ${workspace} takes another one.`
      : `See who has it: mtuictl list-locks -w ${workspace} -t ${host}; mtuictl unlock -w ${workspace} -t ${host} forgets a lock that was taken by hand.`;
  return new MtuiError("lock.lost", `${host}: our ${kind} lock ${fate(by)}; the command was not started.`, {
    hint,
    data: { host, lock: kind, ...holder(by) },
  });
}

function fate(by: LockReading): string {
  switch (by.state) {
    case "free":
      return "is gone (removed by somebody, or by a reboot)";
    case "unreadable":
      return `cannot be seen any more: ${printable(by.reason)}`;
    default:
      return `was overwritten: ${printable(describeForeignLock(by), 300)}`;
  }
}

function holder(by: LockReading): Record<string, unknown> {
  if (by.state !== "foreign" && by.state !== "ours") return {};
  const { user, pid, epoch, comment } = by.record;
  return { user, pid, since: epoch, comment };
}
