import { join } from "node:path";
import type { LoadedConfig } from "@mtui/core/config";
import { BUILD, VERSION } from "@mtui/core/protocol";
import { operationsByName } from "@mtui/core/registry";
import type { AgentSockets } from "./agent-sockets.ts";
import { createDaemon, type Daemon } from "./daemon.ts";
import { onFaults } from "./faults.ts";
import type { DaemonLog } from "./log/index.ts";
import { answerHello, type DaemonServer, serve } from "./server/index.ts";
import { type InstanceLock, Journal } from "./store/index.ts";
import { type Leave, type ShutdownReport, whatFrees } from "./workspaces/shutdown.ts";

export interface RunOptions {
  loaded: LoadedConfig;
  instance: InstanceLock;
  log: DaemonLog;
  agents: AgentSockets;
  stateDir: string;
  listen: { path: string } | { fd: number };
  notify: (states: readonly string[]) => Promise<void>;
}

/**
 * One life of the daemon: it serves until it is told to stop, by signal or by request, and then ends
 * in order. @returns the exit status: 0 when nothing was left on any host and no fault of ours ended it
 */
export async function runDaemon(options: RunOptions): Promise<number> {
  const { loaded, instance, agents, stateDir } = options;
  const { log } = options.log;
  const startedAt = Date.now();
  const stopping = Promise.withResolvers<{ why: string; leave: Leave }>();
  const stopped = Promise.withResolvers<ShutdownReport>();
  const sockets: { server: DaemonServer | null; daemon: Daemon | null } = { server: null, daemon: null };
  const facts = { version: VERSION, build: BUILD, started_at: startedAt, log: options.log.where };

  using journal = new Journal(join(stateDir, "state.db"), { log, now: startedAt });
  const daemon = createDaemon({
    loaded,
    daemonId: instance.daemonId,
    stateDir,
    log,
    journal,
    authSock: () => agents.current(),
    onStopRequest: (leave) => {
      stopping.resolve({ why: "a request", leave });
      return stopped.promise;
    },
    status: () => ({
      ...facts,
      pid: process.pid,
      daemon_id: instance.daemonId,
      socket: sockets.server?.path ?? "systemd",
      state_dir: stateDir,
      config: [...loaded.files],
      connections: connectionsOf(sockets.daemon),
      clients: sockets.server?.clients.length ?? 0,
      rss: process.memoryUsage.rss(),
    }),
  });
  sockets.daemon = daemon;
  const { jobs, namespaces, workspaces } = daemon.services;
  await daemon.recover();
  await using server = await serve({
    ...options.listen,
    operations: operationsByName,
    hello: async (params, { id }) =>
      answerHello(params, {
        replyBytes: loaded.config.mcp.reply_bytes,
        namespace: () => namespaces.grant({ ...params.client, id }),
        daemonId: instance.daemonId,
        startedAt,
        config: loaded.files,
        counts: () => ({
          active_jobs: jobs.list({ active: true }).length,
          workspaces: workspaces.list().length,
        }),
      }),
    handle: (call) => daemon.handle(call),
    onClient: (client, params) => agents.offer(client.id, params.ssh_auth_sock),
    onClientGone: ({ id }) => {
      agents.withdraw(id);
      namespaces.leave(id);
    },
    log,
  });
  sockets.server = server;
  instance.publish({ ...facts, socket: server.path ?? "systemd" });

  const onSignal = (signal: NodeJS.Signals): void => stopping.resolve({ why: signal, leave: "working" });
  // One owner of the signals; a second one changes nothing, the end is already on its way.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, onSignal);
  let faults = 0;
  onFaults(process, (fault) => {
    faults += 1;
    log("error", `a fault of mtuid: ${fault.stack ?? fault.message}`);
    stopping.resolve({ why: "a fault of its own", leave: "working" });
  });
  process.on("SIGHUP", () => log("info", "SIGHUP: nothing to do; a new configuration needs a restart"));
  log("info", `mtuid ${VERSION} serves`, { pid: process.pid, socket: server.path ?? "systemd" });
  await options.notify(["READY=1"]);

  const { why, leave } = await stopping.promise;
  log("info", `stopping (${why})`);
  await options.notify(["STOPPING=1"]);
  server.drain();
  const report = await daemon.shutDown(leave);
  stopped.resolve(report);
  tell(report, options.log);
  return report.unreleased.length + report.stuckJobs.length + faults === 0 ? 0 : 1;
}

function connectionsOf(daemon: Daemon | null): number {
  const hosts =
    daemon?.services.workspaces.list().flatMap((workspace) => [...workspace.hosts.values()]) ?? [];
  return hosts.filter(({ session }) => session.connected).length;
}

function tell(report: ShutdownReport, { log }: DaemonLog): void {
  if (report.cancelledJobs.length > 0) log("warn", `ended jobs: ${report.cancelledJobs.join(", ")}`);
  if (report.suspendedJobs.length > 0)
    log("info", `jobs that begin again with the next start: ${report.suspendedJobs.join(", ")}`);
  for (const { job, hosts } of report.workingJobs)
    log("info", `${job} goes on on ${hosts.join(", ")}; the next mtuid goes on with it`);
  for (const job of report.stuckJobs)
    log("error", `job ${job} did not end; its commands may still run on its hosts`);
  if (report.released.length > 0) log("info", `released: ${report.released.join(", ")}`);
  for (const { host, reason } of report.unreleased) {
    const text = `${host} was not released: ${reason}. ${whatFrees(host)}`;
    log("error", text);
    // Also where whoever started us in the foreground can see it.
    process.stderr.write(`mtuid: ${text}\n`);
  }
}
