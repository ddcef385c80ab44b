import { MtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import type { LossJournal } from "./lost-hosts.ts";
import { Workspace } from "./workspace.ts";

/** How long a workspace may keep its hosts without a sign of life (milliseconds). */
export const LEASE_MS = { terminal: 8 * 3600_000, script: 8 * 3600_000, agent: 15 * 60_000 } as const;

const MAX_WORKSPACES = 1000;

/** Where workspaces are written down. None of these throw. */
export interface WorkspaceJournal {
  save(workspace: Workspace): void;
  forget(name: string): void;
  /** Of the hosts that a workspace has lost. */
  losses(name: string): LossJournal;
}

/** The workspaces by full name. `default` always exists: it is made on first use. */
export class WorkspaceRegistry {
  readonly #workspaces = new Map<string, Workspace>();
  readonly #clock: Clock;
  readonly #journal: WorkspaceJournal | undefined;

  constructor(clock: Clock, journal?: WorkspaceJournal) {
    this.#clock = clock;
    this.#journal = journal;
  }

  /** One of an earlier life of the daemon, as empty as a new one. */
  restore(name: string, { namespace }: { namespace: string | null }): Workspace {
    const workspace = new Workspace(name, namespace, {
      changed: (each) => this.#save(each),
      ...(this.#journal === undefined ? {} : { losses: this.#journal.losses(name) }),
    });
    this.#workspaces.set(name, workspace);
    return workspace;
  }

  /** Only what is on the list: a desk that was closed meanwhile is not to come back. */
  #save(workspace: Workspace): void {
    if (this.#workspaces.get(workspace.name) === workspace) this.#journal?.save(workspace);
  }

  /** Makes it when it is not there; `touch` renews the lease. */
  open(name: string, client: { kind: keyof typeof LEASE_MS; namespace: string | null }): Workspace {
    const known = this.#workspaces.get(name);
    if (known !== undefined) {
      known.assertOpen();
      this.touch(known, client.kind);
      return known;
    }
    if (this.#workspaces.size >= MAX_WORKSPACES) {
      throw new MtuiError("workspace.busy", `There are ${MAX_WORKSPACES} workspaces, which is the limit.`, {
        hint: "mtuictl list-workspaces, then mtuictl close-workspace NAME.",
      });
    }
    const fresh = this.restore(name, client);
    this.touch(fresh, client.kind);
    return fresh;
  }

  find(name: string): Workspace | undefined {
    return this.#workspaces.get(name);
  }

  /** For reads: an unknown workspace is an error, except that `default` is merely empty. */
  require(name: string): Workspace {
    const known = this.#workspaces.get(name);
    if (known !== undefined) return known;
    if (name === "default" || name.endsWith("/default")) return new Workspace(name, null);
    throw unknownWorkspace(name);
  }

  list(): Workspace[] {
    return [...this.#workspaces.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  forget(workspace: Workspace): void {
    if (this.#workspaces.get(workspace.name) !== workspace) return;
    this.#workspaces.delete(workspace.name);
    this.#journal?.forget(workspace.name);
  }

  touch(workspace: Workspace, kind: keyof typeof LEASE_MS): void {
    const until = this.#clock.now() + LEASE_MS[kind];
    workspace.leaseUntil = Math.max(workspace.leaseUntil ?? 0, until);
  }

  /** Those whose lease is over; the caller looks for running jobs before it acts. */
  expired(): Workspace[] {
    const now = this.#clock.now();
    return this.list().filter((each) => each.leaseUntil !== null && each.leaseUntil < now && !each.closing);
  }
}

export function unknownWorkspace(name: string): MtuiError {
  return new MtuiError("workspace.unknown", `There is no workspace ${name}.`, {
    hint: "mtuictl list-workspaces shows them all.",
    data: { workspace: name },
  });
}
