import { whatFrees } from "../workspaces/shutdown.ts";
import type { PlainHandler } from "./context.ts";

export const daemonStatus: PlainHandler<"daemon_status"> = async (_params, { services }) => ({
  ...services.status(),
  workspaces: services.workspaces.list().length,
  active_jobs: services.jobs.list({ active: true }).length,
});

/** `if_idle` is decided here and now, so that nothing is stopped under work that has just begun. */
export const daemonStop: PlainHandler<"daemon_stop"> = async (params, { services }) => {
  const active = services.jobs.list({ active: true }).map((job) => job.id);
  const idle = active.length === 0 && services.workspaces.list().length === 0;
  const reply = {
    stopping: true,
    active_jobs: active,
    waiting_jobs: [],
    working_jobs: [],
    released: [],
    stuck_jobs: [],
    unreleased: [],
  };
  if (params.if_idle && !idle) return { ...reply, stopping: false };
  const stopped = services.stop(params.cancel ? "nothing" : params.restart ? "all" : "working");
  if (!params.wait) return reply;
  const { stuckJobs, suspendedJobs, workingJobs, released, unreleased } = await stopped;
  return {
    ...reply,
    waiting_jobs: suspendedJobs,
    working_jobs: workingJobs,
    released,
    stuck_jobs: stuckJobs,
    unreleased: unreleased.map((left) => ({ ...left, hint: whatFrees(left.host) })),
  };
};

export const whoami: PlainHandler<"whoami"> = async (_params, { services, client }) => ({
  user: services.identity.user,
  client: client.name,
  namespace: client.namespace,
  daemon_pid: process.pid,
});
