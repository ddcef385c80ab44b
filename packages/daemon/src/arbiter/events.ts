import type { Slot } from "@mtui/core/domain";
import type { ErrorReport } from "@mtui/core/protocol";
import type { Place } from "./restore-gate.ts";
import type { Assignment, Candidate, Holder, Served } from "./state.ts";

export type HostFault =
  | {
      readonly kind: "foreign-lock";
      readonly text: string;
      readonly user?: string;
      readonly since: number | null;
    }
  | { readonly kind: "unreachable"; readonly error: ErrorReport }
  | { readonly kind: "dirty"; readonly reason: string };

export interface RequestFields {
  readonly workspace: string;
  readonly namespace: string | null;
  readonly rrid: string | null;
  readonly job: string | null;
  readonly slots: readonly { readonly slot: Slot; readonly candidates: readonly Candidate[] }[];
  /** Milliseconds. */
  readonly wait: { readonly own: number; readonly foreign: number };
  readonly partial: boolean;
  /** Of an earlier life of the daemon; without it the next one is given. */
  readonly place?: Place | undefined;
}

/** What may happen to the arbiter. `at` is the only clock that it has. */
export type Event = { readonly at: number } & (
  | { readonly type: "request"; readonly request: RequestFields }
  /** No faults: every assigned host is connected and locked. `jitter` is in [0, 1). */
  | {
      readonly type: "attempted";
      readonly ticket: string;
      readonly attempt: number;
      readonly faults: ReadonlyMap<string, HostFault>;
      readonly jitter: number;
    }
  /** The attempt broke in a way that is no host's fault. */
  | {
      readonly type: "broken";
      readonly ticket: string;
      readonly attempt: number;
      readonly error: ErrorReport;
    }
  | { readonly type: "release"; readonly claim: string }
  | { readonly type: "releasing"; readonly claim: string; readonly reason: string }
  | { readonly type: "cancel"; readonly ticket: string; readonly error: ErrorReport }
  | { readonly type: "close"; readonly workspace: string }
  | { readonly type: "health"; readonly host: string; readonly reason: string | null }
  | {
      readonly type: "takeover";
      readonly host: string;
      /** The claim that the person saw; another one there now refuses the takeover. */
      readonly claim: string;
      readonly by: { readonly workspace: string; readonly rrid: string | null; readonly job: string | null };
      readonly reason: string;
    }
  /** A claim of an earlier life of the daemon, verified on the host or about to be released. */
  | { readonly type: "adopt"; readonly host: string; readonly name: string; readonly holder: Holder }
  | { readonly type: "tick" }
);

/** What the shell has to do, in this order. */
export type Effect =
  | { readonly type: "queued"; readonly ticket: string }
  | {
      readonly type: "attempt";
      readonly ticket: string;
      readonly attempt: number;
      readonly assigned: readonly Assignment[];
    }
  | { readonly type: "abort"; readonly ticket: string; readonly error: ErrorReport }
  | {
      readonly type: "granted";
      readonly ticket: string;
      readonly assigned: readonly Assignment[];
      readonly served: readonly Served[];
      /** Positions of slots that a partial grant leaves out. */
      readonly unserved: readonly number[];
      readonly waited: number;
    }
  | { readonly type: "failed"; readonly ticket: string; readonly error: ErrorReport }
  /** The attempt succeeded after the ticket had ended: undo it on these hosts, then release each claim. */
  | {
      readonly type: "undo";
      readonly ticket: string;
      readonly assigned: readonly Assignment[];
      readonly error: ErrorReport;
    }
  | { readonly type: "released"; readonly host: string; readonly name: string; readonly holder: Holder }
  | {
      readonly type: "releasing";
      readonly host: string;
      readonly name: string;
      readonly holder: Holder;
      readonly reason: string;
    }
  /** Time to try again to remove what is left on the host. */
  | { readonly type: "releaseDue"; readonly host: string; readonly name: string; readonly holder: Holder }
  | {
      readonly type: "takenOver";
      readonly host: string;
      readonly name: string;
      readonly from: Holder;
      readonly to: Holder;
      readonly reason: string;
    }
  | { readonly type: "adopted"; readonly host: string; readonly name: string; readonly holder: Holder }
  | { readonly type: "refused"; readonly error: ErrorReport }
  | {
      readonly type: "quarantined";
      readonly host: string;
      readonly name: string;
      readonly reason: string;
      readonly until: number;
    }
  | { readonly type: "recovered"; readonly host: string; readonly name: string };
