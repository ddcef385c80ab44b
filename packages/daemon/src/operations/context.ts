import type { RefHost } from "@mtui/core/domain";
import type { Config } from "@mtui/core/config";
import type { OperationName, ParamsOf, ResultOf } from "@mtui/core/registry";
import type { HostArbiter } from "../arbiter/index.ts";
import type { AskedCall, RememberedCalls } from "../asked/index.ts";
import type { Clock } from "@mtui/core/clock";
import type { EventLog } from "../events/index.ts";
import type { Log } from "../log/index.ts";
import type { HostConnector } from "../hosts/index.ts";
import type { Job, JobEnd, JobTable } from "../jobs/index.ts";
import type { JobOutputs } from "../jobs/output/index.ts";
import type { JobSteps, StepsOptions } from "../jobs/steps/index.ts";
import type { ClientIdentity } from "../workspaces/names.ts";
import type { HostLedger } from "../workspaces/host-ledger.ts";
import type { Namespaces } from "../workspaces/namespaces.ts";
import type { LostLeases } from "../workspaces/lost-leases.ts";
import type { WorkspaceRegistry } from "../workspaces/registry.ts";
import type { Leave, ShutdownReport } from "../workspaces/shutdown.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { Releaser } from "../workspaces/release.ts";

export interface Inventory {
  hosts: readonly RefHost[];
  warnings: readonly string[];
}

/** What the operations work with; made once, in daemon.ts. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: EventLog;
  readonly jobs: JobTable;
  /** What commands of jobs print, in files. */
  readonly outputs: JobOutputs;
  readonly workspaces: WorkspaceRegistry;
  readonly lostLeases: LostLeases;
  /** What was asked under idempotency keys. */
  readonly remembered: RememberedCalls;
  /** Which agent works where. */
  readonly namespaces: Namespaces;
  readonly arbiter: HostArbiter;
  readonly connector: HostConnector;
  readonly releaser: Releaser;
  /** Told of every change of what a workspace holds on a host. */
  readonly ledger: HostLedger;
  /** What every job's steps are made of. */
  readonly steps: StepsOptions;
  /** @throws MtuiError inventory.unavailable, inventory.invalid */
  readonly inventory: (signal?: AbortSignal) => Promise<Inventory>;
  readonly identity: { user: string; daemonId: string };
  readonly status: () => Omit<ResultOf<"daemon_status">, "workspaces" | "active_jobs">;
  /** Begins the shutdown, unless it has begun. Resolves when everything is ended and released. */
  readonly stop: (leave: Leave) => Promise<ShutdownReport>;
}

export interface Call {
  /** It may come again: what it starts says so. */
  readonly asked?: AskedCall;
  readonly services: Services;
  readonly client: ClientIdentity;
  /** Aborted when the client cancels the call or is gone. */
  readonly signal: AbortSignal;
}

/** An operation that answers at once, or as soon as its workspace's lane is free. */
export type PlainHandler<N extends OperationName> = (params: ParamsOf<N>, call: Call) => Promise<ResultOf<N>>;

/** A slow operation: it reports through its job and says how it ended. */
export type JobHandler<N extends OperationName> = (params: ParamsOf<N>, call: JobCall) => Promise<JobEnd>;

export interface JobCall {
  readonly services: Services;
  readonly client: ClientIdentity;
  readonly job: Job;
  readonly workspace: Workspace;
  /** The job's hosts, with a memory that outlives the daemon: what is done for the job is done through them. */
  readonly steps: JobSteps;
}
