import { join } from "node:path";
import type { LoadedConfig } from "@mtui/core/config";
import { ourLockUser } from "@mtui/core/domain";
import { createArbiter } from "./arbiter/index.ts";
import { RememberedCalls } from "./asked/index.ts";
import { systemClock } from "@mtui/core/clock";
import { EventLog } from "./events/index.ts";
import { createHostConnector } from "./hosts/index.ts";
import { createInventory } from "./inventory/index.ts";
import type { Log } from "./log/index.ts";
import { JobTable } from "./jobs/index.ts";
import { JobOutputs } from "./jobs/output/index.ts";
import type { Services } from "./operations/context.ts";
import { dispatch } from "./operations/index.ts";
import { recover } from "./recovery/recover.ts";
import type { IncomingCall } from "./server/index.ts";
import {
  callRecorder,
  hostLedger,
  jobRecorder,
  type Journal,
  lostLeaseRecorder,
  namespaceRecorder,
  stepRecorder,
  unendedRecorder,
  workspaceRecorder,
} from "./store/index.ts";
import { keepLeases } from "./workspaces/lease.ts";
import { LostLeases } from "./workspaces/lost-leases.ts";
import { Namespaces } from "./workspaces/namespaces.ts";
import { WorkspaceRegistry } from "./workspaces/registry.ts";
import { Releaser } from "./workspaces/release.ts";
import { type Leave, type ShutdownReport, shutDown } from "./workspaces/shutdown.ts";

export interface DaemonOptions {
  loaded: LoadedConfig;
  daemonId: string;
  /** For the output of jobs. */
  stateDir: string;
  log: Log;
  /** What the daemon's former life has written down, and where this one does. */
  journal: Journal;
  /** What only the process knows: socket, paths, counts of connections. */
  status: Services["status"];
  /** The agent socket of the latest live client, else the daemon's own. */
  authSock: () => string | undefined;
  /** Begins the shutdown; resolves when it is done. */
  onStopRequest: (leave: Leave) => Promise<ShutdownReport>;
}

export interface Daemon {
  handle(call: IncomingCall): Promise<unknown>;
  readonly services: Services;
  /** Takes up what the former life left; before the first call. */
  recover(): Promise<void>;
  /** Leaves or ends what is at work, gives back what is not left, and says what it could not. */
  shutDown(leave: Leave): Promise<ShutdownReport>;
}

/** The composition root: every room gets its neighbours here, and nowhere else. */
export function createDaemon(options: DaemonOptions): Daemon {
  const { config } = options.loaded;
  const { log, daemonId, journal } = options;
  const clock = systemClock;
  const events = new EventLog({ clock });
  const user = ourLockUser(config.mtui.user);
  const outputs = new JobOutputs(join(options.stateDir, "jobs"), {
    clock,
    log,
    limits: { streamBytes: config.jobs.output_bytes, keepBytes: config.jobs.keep_output_bytes },
  });
  const jobs = new JobTable({
    clock,
    events,
    outputs,
    journal: jobRecorder(journal),
    limits: {
      active: config.jobs.max_active,
      activePerWorkspace: config.jobs.max_active_per_workspace,
      keepFinished: config.jobs.keep_finished,
      keepMs: config.jobs.keep_seconds * 1000,
    },
  });
  const arbiter = createArbiter({
    now: () => clock.now(),
    scheduler: clock,
    random: Math.random,
    pollSeconds: config.lock.wait_poll,
    former: {
      places: new Map(journal.tickets.all()),
      counts: { tickets: journal.count("tickets"), claims: journal.count("claims") },
    },
    journal: journal.arbiter,
    onEvent: (event) => events.append(event),
  });
  const connector = createHostConnector({
    identity: { user, pid: process.pid, daemonId },
    ssh: {
      strictHostKeyChecking: config.connection.ssh_strict_host_key_checking,
      connectTimeoutSeconds: config.connection.connection_timeout,
      authSock: options.authSock,
      directory: options.stateDir,
      ...(config.connection.ssh_config === undefined ? {} : { configFile: config.connection.ssh_config }),
    },
    locks: { staleAgeSeconds: config.lock.stale_age, reapStale: config.lock.reap_stale },
    jobsAtWork: () => jobs.list({ active: true }).map(({ trace }) => trace),
    limits: { silence: config.connection.command_timeout, reconnect: config.connection.reattach },
    spool: config.jobs.spool_bytes,
    unended: unendedRecorder(journal, { clock }),
    log,
  });
  const releaser = new Releaser({ arbiter, connector, clock, log });
  const workspaces = new WorkspaceRegistry(clock, workspaceRecorder(journal));
  const services: Services = {
    config,
    clock,
    log,
    events,
    jobs,
    outputs,
    workspaces,
    lostLeases: new LostLeases(clock, lostLeaseRecorder(journal)),
    remembered: new RememberedCalls({ clock, journal: callRecorder(journal) }),
    namespaces: new Namespaces({
      journal: namespaceRecorder(journal),
      inUse: (namespace) => workspaces.list().some(({ name }) => name.startsWith(`${namespace}/`)),
    }),
    arbiter,
    connector,
    releaser,
    ledger: hostLedger(journal),
    inventory: createInventory(config),
    identity: { user, daemonId },
    status: options.status,
    stop: options.onStopRequest,
    steps: {
      journal: stepRecorder(journal),
      outputs,
      clock,
      patienceMs: config.connection.reattach * 1000,
    },
  };
  const stopLeases = keepLeases(services);
  return {
    services,
    recover: () => recover(services, journal),
    handle: ({ name, params, client, signal, idempotencyKey: key }) =>
      dispatch(name, params, { services, client, signal, key }),
    async shutDown(leave) {
      stopLeases();
      const report = await shutDown(services, leave);
      await arbiter[Symbol.asyncDispose]();
      await connector[Symbol.asyncDispose]();
      outputs[Symbol.dispose]();
      return report;
    },
  };
}
