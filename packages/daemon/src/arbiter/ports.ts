import type { Slot } from "@mtui/core/domain";
import type { MtuiError } from "@mtui/core/protocol";
import type { ArbiterEvent } from "./arbiter-event.ts";
import type { ArbiterChange } from "./changes.ts";
import type { Claim, ClaimFields } from "./claim.ts";
import type { HostFault } from "./events.ts";
import type { Place } from "./restore-gate.ts";
import type { Candidate } from "./state.ts";
import type { TroubleView } from "./trouble-view.ts";
import type { QueueView, TicketView } from "./view.ts";

export interface ArbiterOptions {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Calls `run` once after so many milliseconds; the returned function calls it off. */
  scheduler: { after(ms: number, run: () => void): () => void };
  /** In [0, 1). */
  random: () => number;
  /** How often a foreign lock is looked at; the unit of every back-off. Seconds. */
  pollSeconds: number;
  /** How often a later request may pass the same waiter. @default 8 */
  overtakes?: number;
  /** Tickets at once; more are refused. @default 20 000 */
  maxTickets?: number;
  /** Of an earlier life of the daemon: places in the queue by job, and how many ids were given out. */
  former?: { places: ReadonlyMap<string, Place>; counts: { tickets: number; claims: number } };
  onEvent?: (event: ArbiterEvent) => void;
  journal?: ArbiterJournal;
}

/** What survives the daemon. */
export interface ArbiterJournal {
  /** Told of each change before anything follows from it. Does not throw. @returns why it could not be written, or null */
  record(change: ArbiterChange): MtuiError | null;
  /** @throws MtuiError state.io while nothing can be written down */
  assertWritable(): void;
}

export interface ClaimRequest {
  workspace: string;
  /** Whose queue it stands in; null = people. */
  namespace: string | null;
  rrid: string | null;
  job: string | null;
  /** Each with one candidate at least; equals are taken by turns, `preferred` ones before them in order. */
  slots: { slot: Slot; candidates: Candidate[] }[];
  /** Seconds, `Infinity` = as long as it takes, 0 = not at all. */
  wait: { own: number; foreign: number };
  /** What there is rather than all or nothing; waits only while there is nothing at all. */
  partial?: boolean;
}

/**
 * Connects and takes the pool lock on every assigned host. Before it answers not ok it has undone
 * its halves on all of them; where it could not, it has called `markReleasing`. After an abort it
 * undoes and answers not ok; if it answers ok all the same, `undo` is called.
 */
export type Attempt<T> = (
  assigned: { slotIndex: number[]; claim: Claim }[],
  signal: AbortSignal,
) => Promise<{ ok: true; values: Map<string, T> } | { ok: false; faults: Map<string, HostFault> }>;

export interface ClaimOptions<T> {
  signal?: AbortSignal;
  /** The ticket while it waits, whenever it looks different; null when it has ended. */
  onTicket?: (view: TicketView | null) => void;
  /** Takes back what a belated attempt did on one host. Without it the value is disposed of. */
  undo?: (claim: Claim, value: T) => Promise<void>;
}

export interface Granted<T> {
  claims: { claim: Claim; slotIndex: number[]; value: T }[];
  /** Slots that hosts of the workspace satisfied already. */
  served: { claim: Claim; slotIndex: number[] }[];
  /** Slots left out, with `partial`. */
  unserved: number[];
  waitedMs: number;
}

/** Who may have which host, for all workspaces of the daemon. */
export interface HostArbiter extends AsyncDisposable {
  /**
   * One host for every slot, all at once.
   * @throws MtuiError host.busy, wait.timeout, deadlock, host.unreachable (host.auth, host.key, ... when
   * that is what all of them are), host.dirty, workspace.closed, request.cancelled, daemon.stopping
   */
  claim<T>(request: ClaimRequest, attempt: Attempt<T>, options?: ClaimOptions<T>): Promise<Granted<T>>;
  /** Nothing of ours is on the host any more. False: no such claim, or it is still being acquired. */
  release(claimId: string): boolean;
  /** Something of ours is still on the host: nobody gets it until `release`. */
  markReleasing(claimId: string, reason: string): boolean;
  ownerOf(hostKey: string): Claim | null;
  claimsOf(workspace: string): Claim[];
  /** Ends its tickets; the claims returned are `releasing` until each is given to `release`. */
  closeWorkspace(workspace: string): Claim[];
  view(): QueueView;
  /** Hosts that nobody can have at the moment. */
  troubles(): TroubleView[];
  /** `null` = well; a reason puts the host into quarantine. */
  reportHealth(hostKey: string, reason: string | null): void;
  /** @throws MtuiError host.busy when it is not held as `seen` any more; nothing has changed then */
  takeover(hostKey: string, options: TakeoverOptions): Claim;
  /** Puts a claim of an earlier life of the daemon back, before the first request. @throws MtuiError host.busy */
  adopt(fields: ClaimFields, options?: { job?: string | null; releasing?: string }): Claim;
  /**
   * Jobs that had a place in the queue and have not asked yet. Until all have, or `openToAll`, nobody
   * is granted anything: those who waited come first, in their order.
   */
  readonly expected: ReadonlySet<string>;
  notComing(job: string): void;
  openToAll(): void;
  /** From now on tickets that end stay written down: their jobs go on in the daemon's next life. */
  suspend(): void;
}

export interface TakeoverOptions {
  /** Id of the claim that the person saw. */
  seen: string;
  by: { workspace: string; rrid: string | null; job: string | null };
  reason: string;
}
