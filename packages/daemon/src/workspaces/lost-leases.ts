import { MtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import type { Workspace } from "./workspace.ts";

/** What is remembered of a workspace whose lease was over: its owner is not there to be told. */
export interface LostLease {
  readonly workspace: string;
  readonly rrid: string | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** As they were named in the workspace. */
  readonly hosts: readonly string[];
}

/** Where lost leases are written down. None of these throw. */
export interface LeaseJournal {
  all(): readonly LostLease[];
  save(lost: LostLease): void;
  forget(workspace: string): void;
}

const MAX_ENTRIES = 200;
const KEEP_MS = 7 * 24 * 3600_000;

/**
 * Leases that ended, until the workspace is opened again, so that a call that names it says what
 * happened instead of "no such workspace". At most 200, the latest, for seven days.
 */
export class LostLeases {
  readonly #clock: Clock;
  /** In the order in which they were lost. */
  readonly #lost = new Map<string, LostLease>();
  readonly #journal: LeaseJournal | undefined;

  /** @param journal what a former life of the daemon has written down, and where this one does */
  constructor(clock: Clock, journal?: LeaseJournal) {
    this.#clock = clock;
    this.#journal = journal;
    for (const lost of (journal?.all() ?? []).toSorted((a, b) => a.at - b.at))
      this.#lost.set(lost.workspace, lost);
    for (const name of this.#lost.keys()) this.find(name);
    this.#dropOldest();
  }

  /** To be called before the workspace gives its hosts back. */
  remember({ name, rridText, hosts }: Pick<Workspace, "name" | "rridText" | "hosts">): LostLease {
    const lost = { workspace: name, rrid: rridText, at: this.#clock.now(), hosts: [...hosts.keys()] };
    this.#lost.delete(name);
    this.#lost.set(name, lost);
    this.#journal?.save(lost);
    this.#dropOldest();
    return lost;
  }

  #dropOldest(): void {
    for (const name of [...this.#lost.keys()].slice(0, Math.max(0, this.#lost.size - MAX_ENTRIES)))
      this.forget(name);
  }

  find(name: string): LostLease | undefined {
    const lost = this.#lost.get(name);
    if (lost === undefined || this.#clock.now() - lost.at <= KEEP_MS) return lost;
    this.forget(name);
    return undefined;
  }

  forget(name: string): void {
    if (this.#lost.delete(name)) this.#journal?.forget(name);
  }

  /** The workspace is in use again. @returns what its owner should know, as warnings */
  reopened(name: string): string[] {
    const lost = this.find(name);
    if (lost === undefined) return [];
    this.forget(name);
    return [`${whatHappened(lost)}${lost.hosts.length === 0 ? "" : "; others may have used them since"}`];
  }
}

/** The error of every call that names the workspace and needs what it had. */
export function leaseLost(lost: LostLease): MtuiError {
  const { workspace, rrid, at, hosts } = lost;
  const again =
    rrid === null
      ? `mtuictl add-host -w ${workspace}${hosts.map((host) => ` -t ${host}`).join("") || " -t HOST"}`
      : `mtuictl load-template -w ${workspace} ${rrid}, then mtuictl add-host -w ${workspace}`;
  return new MtuiError("lease.lost", `${whatHappened(lost)}.`, {
    hint: `Begin again: ${again}`,
    data: { workspace, rrid, at, hosts: [...hosts] },
  });
}

function whatHappened({ workspace, at, hosts }: LostLease): string {
  const end = `${new Date(at).toISOString().slice(0, 19)}Z`;
  const gone = hosts.length === 0 ? "it had no hosts" : `given back: ${hosts.join(", ")}`;
  return `The lease of workspace ${workspace} ended at ${end} without a sign of life; ${gone}`;
}
