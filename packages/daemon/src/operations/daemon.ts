import type { PlainHandler } from "./context.ts";

export const daemonStatus: PlainHandler<"daemon_status"> = async (_params, { services }) => ({
  ...services.status(),
  workspaces: services.workspaces.list().length,
  active_jobs: services.jobs.list({ active: true }).length,
});

export const daemonStop: PlainHandler<"daemon_stop"> = async (_params, { services }) => {
  const active = services.jobs.list({ active: true }).map((job) => job.id);
  services.stop();
  return { stopping: true, active_jobs: active };
};

export const whoami: PlainHandler<"whoami"> = async (_params, { services, client }) => ({
  user: services.identity.user,
  client: client.name,
  namespace: client.namespace,
  daemon_pid: process.pid,
});
