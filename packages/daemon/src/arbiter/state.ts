import type { ErrorReport } from "@mtui/core/protocol";
import type { Slot } from "@mtui/core/domain";

/**
 * The arbiter's whole memory, as plain immutable data. All times are milliseconds since the epoch
 * and all durations milliseconds; `Infinity` is allowed where a person may wait for ever.
 */

export interface Candidate {
  /** Resolved `HostName:port`. */
  readonly key: string;
  /** As the inventory or a person writes it. */
  readonly name: string;
  /** Named by the report or by a person: tried before its equals. */
  readonly preferred?: boolean;
}

/** One host to be found. Serves several slots only where the inventory has too few hosts for one each. */
export interface Want {
  /** Positions in the request's list of slots. */
  readonly slots: readonly number[];
  readonly candidates: readonly Candidate[];
}

export type Hold =
  | { readonly state: "acquiring"; readonly ticket: string }
  | { readonly state: "claimed" }
  /** Given up, but something of ours may still be on the host. */
  | {
      readonly state: "releasing";
      readonly reason: string;
      readonly tries: number;
      readonly retryAt: number;
    };

export interface Holder {
  readonly claim: string;
  readonly workspace: string;
  readonly rrid: string | null;
  readonly job: string | null;
  readonly slots: readonly Slot[];
  readonly since: number;
  readonly hold: Hold;
}

export interface Health {
  readonly kind: "unreachable" | "quarantined" | "dirty";
  readonly reason: string;
  readonly report: ErrorReport | null;
  readonly since: number;
  readonly seenAt: number;
  /** Not granted before this moment; the next attempt is the probe. */
  readonly retryAt: number;
  readonly failures: number;
  /** Whose attempts failed; two different ones make a quarantine. */
  readonly workspaces: readonly string[];
}

export interface ForeignLock {
  readonly text: string;
  /** Whose it is, where the file says so. */
  readonly user?: string;
  readonly since: number | null;
  readonly seenAt: number;
  readonly retryAt: number;
}

/** A host is free when it has no holder, and grantable when besides nothing blocks it at the moment. */
export interface HostRecord {
  readonly key: string;
  readonly name: string;
  readonly holder: Holder | null;
  readonly health: Health | null;
  readonly foreign: ForeignLock | null;
  /** 0 = never. */
  readonly lastUsed: number;
}

export interface Assignment {
  readonly claim: string;
  readonly key: string;
  readonly name: string;
  /** Position in `Ticket.wants`. */
  readonly want: number;
  /** Positions in the request's list of slots. */
  readonly slots: readonly number[];
}

/** A want that a host which the workspace holds already answers. */
export interface Served {
  readonly claim: string;
  readonly want: number;
  readonly slots: readonly number[];
}

export type Phase =
  | { readonly state: "waiting" }
  | {
      readonly state: "acquiring";
      readonly assigned: readonly Assignment[];
      readonly served: readonly Served[];
      /** Waiters whose count this grant raised; lowered again if the attempt fails. */
      readonly overtook: readonly string[];
      /** Cancelled or closed meanwhile: ends with this whatever the attempt answers. */
      readonly doomed: ErrorReport | null;
    };

/** The place in the queue: never changes while the ticket lives. */
export interface Rank {
  readonly tag: number;
  readonly seq: number;
}

export interface Ticket extends Rank {
  readonly id: string;
  readonly workspace: string;
  readonly namespace: string;
  readonly rrid: string | null;
  readonly job: string | null;
  readonly slots: readonly Slot[];
  readonly wants: readonly Want[];
  readonly partial: boolean;
  readonly since: number;
  readonly phase: Phase;
  /** Counts attempts, so that a late answer is not taken for the present one's. */
  readonly attempt: number;
  readonly overtaken: number;
  /** Patience as asked for. */
  readonly wait: { readonly own: number; readonly foreign: number };
  /** Patience used up in earlier stretches, by what was waited for. */
  readonly spent: { readonly own: number; readonly foreign: number };
  readonly waitsFor: "own" | "foreign";
  readonly stretch: number;
}

export interface QueueEntry extends Rank {
  readonly id: string;
}

export interface ArbiterConfig {
  readonly pollMs: number;
  /** How often a later request may pass the same waiter. */
  readonly overtakes: number;
  /** Tickets and claims of earlier lives: ids are not used twice. */
  readonly counts?: { readonly tickets: number; readonly claims: number };
}

export interface ArbiterState {
  readonly config: ArbiterConfig;
  readonly hosts: ReadonlyMap<string, HostRecord>;
  readonly tickets: ReadonlyMap<string, Ticket>;
  /** All tickets in order of rank. */
  readonly queue: readonly QueueEntry[];
  /** Per host key the tickets that list it, in order of rank. */
  readonly wanting: ReadonlyMap<string, readonly QueueEntry[]>;
  /** Tickets that have been overtaken as often as is allowed, in order of rank. */
  readonly capped: readonly QueueEntry[];
  /** Per namespace the tag of its latest ticket since the queue was last empty. */
  readonly turns: ReadonlyMap<string, number>;
  readonly ticketCount: number;
  readonly claimCount: number;
  /** No time-driven change is due before this moment; may be early, never late. */
  readonly wakeAt: number;
}

export function initialState(config: ArbiterConfig): ArbiterState {
  return {
    config,
    hosts: new Map(),
    tickets: new Map(),
    queue: [],
    wanting: new Map(),
    capped: [],
    turns: new Map(),
    ticketCount: config.counts?.tickets ?? 0,
    claimCount: config.counts?.claims ?? 0,
    wakeAt: Number.POSITIVE_INFINITY,
  };
}
