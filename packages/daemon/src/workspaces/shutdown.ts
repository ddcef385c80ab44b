import type { Services } from "../operations/context.ts";
import { pause } from "@mtui/core/clock";
import type { Job } from "../jobs/index.ts";
import type { Workspace } from "./workspace.ts";

export interface ShutdownReport {
  cancelledJobs: string[];
  /** Jobs that had changed nothing yet: they begin again, at their place in the queue, in the next life. */
  suspendedJobs: string[];
  /** Jobs whose commands go on on their hosts, under their locks; the next life goes on with them. */
  workingJobs: { job: string; hosts: string[] }[];
  /** Jobs whose commands could not be proven gone in time. */
  stuckJobs: string[];
  released: string[];
  unreleased: { host: string; reason: string }[];
}

/**
 * What stays as it is for the next life: the hosts of jobs at work (the default), those of idle desks too
 * (a restart), or nothing (jobs are ended first).
 */
export type Leave = "working" | "all" | "nothing";

/** A package transaction may finish its package, and its host is cleaned up; longer nobody waits. */
const JOBS_MS = 120_000;
const RELEASE_MS = 10_000;

/** What frees a host that the daemon left behind. */
export function whatFrees(host: string): string {
  return `The next mtuid does, as soon as ${host} answers: mtuictl daemon start; mtuictl queue`;
}

/**
 * The daemon's end, which cannot be cancelled. Jobs at work are left alone, with their locks, and jobs that
 * wait keep their places, unless nothing is to be left: then every job is ended (TERM, later KILL, on
 * the hosts too). Then every host that is not left is released, all at once and within ten seconds. What is
 * left over is named, with the host.
 */
export async function shutDown(services: Services, leave: Leave = "working"): Promise<ShutdownReport> {
  const { jobs, workspaces, releaser, clock, arbiter } = services;
  // First of all: what waits in a lane must not begin behind the job that held it up.
  for (const workspace of workspaces.list()) workspace.markClosing();
  const active = jobs.list({ active: true });
  arbiter.suspend();
  const working = leave === "nothing" ? [] : active.filter((job) => job.begun && job.suspend());
  const suspended = active.filter((job) => !job.begun && job.suspend());
  const ending = active.filter((job) => !working.includes(job) && !suspended.includes(job));
  for (const job of ending) job.cancel("The daemon is stopping.");
  // Those that are left have changed nothing: what they still hold on to is their next life's to give back.
  const ends = (jobs: readonly Job[]): Promise<unknown> => Promise.all(jobs.map((job) => job.ended));
  await Promise.all([within(ends(suspended), RELEASE_MS, clock), within(ends(ending), JOBS_MS, clock)]);
  const stuck = ending.filter((job) => !job.final).map((job) => job.id);

  const busy = new Set(working.map(({ request }) => request.workspace));
  const left = workspaces.list().filter(({ name }) => leave === "all" || busy.has(name));
  const given = workspaces.list().filter((workspace) => !left.includes(workspace));
  const reports = await release(given, services);
  for (const { name } of given) arbiter.closeWorkspace(name);
  const kept = left.flatMap(({ hosts }) => [...hosts.values()]);
  await within(Promise.all(kept.map(({ session }) => session.close({ leave: true }))), RELEASE_MS, clock);
  const answered = new Set(reports.map(({ host }) => host));
  const unreleased = [
    ...reports.flatMap(({ host, reason }) => (reason === null ? [] : [{ host, reason }])),
    ...releaser.unreleased
      .filter(({ host }) => !answered.has(host))
      .map(({ host, reason }) => ({ host, reason: reason ?? "" })),
  ];
  releaser.stop();
  return {
    cancelledJobs: ending.map((job) => job.id),
    suspendedJobs: suspended.map((job) => job.id),
    workingJobs: working.map((job) => ({ job: job.id, hosts: Object.keys(job.view().hosts) })),
    stuckJobs: stuck,
    released: reports.filter(({ reason }) => reason === null).map(({ host }) => host),
    unreleased,
  };
}

async function release(
  workspaces: readonly Workspace[],
  { releaser, clock }: Services,
): Promise<{ host: string; reason: string | null }[]> {
  const hosts = workspaces.flatMap((workspace) => [...workspace.hosts.values()]);
  const reports: { host: string; reason: string | null }[] = [];
  const releases = hosts.map(async (host) => reports.push(await releaser.release(host)));
  await within(Promise.all(releases), RELEASE_MS, clock);
  const answered = new Set(reports.map(({ host }) => host));
  const silent = hosts
    .map((host) => host.claim.hostName)
    .filter((name) => !answered.has(name))
    .map((host) => ({ host, reason: "no answer in time" }));
  return [...reports, ...silent];
}

async function within(work: Promise<unknown>, ms: number, clock: Services["clock"]): Promise<void> {
  const stop = new AbortController();
  await Promise.race([work, pause(clock, { ms, signal: stop.signal })]);
  stop.abort();
}
