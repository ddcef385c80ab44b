import type { Services } from "../operations/context.ts";
import { pause } from "../clock.ts";

export interface ShutdownReport {
  cancelledJobs: string[];
  /** Jobs that had changed nothing yet: they begin again, at their place in the queue, in the next life. */
  suspendedJobs: string[];
  /** Jobs whose commands could not be proven gone in time. */
  stuckJobs: string[];
  released: string[];
  unreleased: { host: string; reason: string }[];
}

/** A package transaction may finish its package, and its host is cleaned up; longer nobody waits. */
const JOBS_MS = 120_000;
const RELEASE_MS = 10_000;

/** What frees a host that the daemon left behind. */
export function whatFrees(host: string): string {
  return `The next mtuid does, as soon as ${host} answers: mtuictl daemon start; mtuictl queue`;
}

/**
 * The daemon's end, in two steps that cannot be cancelled: every job that has changed anything is ended (TERM,
 * later KILL, on the hosts too) and the others are left for the next life, then every host is released, all at once and within ten seconds. What is left
 * over is named, with the host.
 */
export async function shutDown(services: Services): Promise<ShutdownReport> {
  const { jobs, workspaces, releaser, clock, arbiter } = services;
  // First of all: what waits in a lane must not begin behind the job that held it up.
  for (const workspace of workspaces.list()) workspace.markClosing();
  const active = jobs.list({ active: true });
  arbiter.suspend();
  const suspended = active.filter((job) => job.suspend());
  const ending = active.filter((job) => !suspended.includes(job));
  for (const job of ending) job.cancel("The daemon is stopping.");
  await within(Promise.all(active.map((job) => job.ended)), JOBS_MS, clock);
  const stuck = active.filter((job) => !job.final).map((job) => job.id);

  const hosts = workspaces.list().flatMap((workspace) => [...workspace.hosts.values()]);
  const reports: { host: string; reason: string | null }[] = [];
  const releases = hosts.map(async (host) => reports.push(await releaser.release(host)));
  await within(Promise.all(releases), RELEASE_MS, clock);
  for (const workspace of workspaces.list()) arbiter.closeWorkspace(workspace.name);
  const answered = new Set(reports.map(({ host }) => host));
  const silent = hosts
    .map((host) => host.claim.hostName)
    .filter((name) => !answered.has(name))
    .map((host) => ({ host, reason: "no answer in time" }));
  const unreleased = [
    ...silent,
    ...reports.flatMap(({ host, reason }) => (reason === null ? [] : [{ host, reason }])),
    ...releaser.unreleased
      .filter(({ host }) => !answered.has(host))
      .map(({ host, reason }) => ({ host, reason: reason ?? "" })),
  ];
  releaser.stop();
  return {
    cancelledJobs: ending.map((job) => job.id),
    suspendedJobs: suspended.map((job) => job.id),
    stuckJobs: stuck,
    released: reports.filter(({ reason }) => reason === null).map(({ host }) => host),
    unreleased,
  };
}

async function within(work: Promise<unknown>, ms: number, clock: Services["clock"]): Promise<void> {
  const stop = new AbortController();
  await Promise.race([work, pause(clock, { ms, signal: stop.signal })]);
  stop.abort();
}
