import type { Slot } from "@mtui/core/domain";
import type { Claim } from "../arbiter/claim.ts";
import type { HeldLock, HostSession } from "../hosts/session.ts";

/**
 * A host that a workspace has: its claim in the arbiter, its pool lock on the host, its connection.
 * The three live and die together; `release.ts` is the only place that ends them.
 */
export interface WorkspaceHost {
  readonly claim: Claim;
  /** Replaced when a lost connection has been opened again. */
  session: HostSession;
  poolLock: HeldLock;
  /** Grows when a later request finds that the host serves more. */
  slots: readonly Slot[];
  readonly warnings: string[];
  /** Seconds without output that a command may have here; undefined = as configured, 0 = any. */
  silence?: number;
  /** An operation lock that a person took with `lock`; operations use it and leave it. */
  byHand?: HeldLock;
  /** The operation lock of a job that was at work here when the daemon ended, and goes on. */
  atWork?: HeldLock;
}
