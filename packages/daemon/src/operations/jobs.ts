import type { Job } from "../jobs/index.ts";
import type { Call, PlainHandler } from "./context.ts";
import { MtuiError } from "@mtui/core/protocol";
import type { JobView, ParamsOf } from "@mtui/core/registry";
import { outputPage } from "../jobs/output/index.ts";
import { fullName } from "../workspaces/names.ts";
import { ownView } from "./own-view.ts";

function jobsOf(ids: readonly string[], call: Call): Job[] {
  return [...new Set(ids)].map((id) => call.services.jobs.get(id));
}

/** @throws MtuiError job.unknown, also when it is another workspace's than the caller says */
function jobOf(params: { job_id: string; workspace?: string | undefined }, { services, client }: Call): Job {
  const job = services.jobs.get(params.job_id);
  const { workspace } = params;
  if (workspace === undefined || job.request.workspace === fullName(workspace, client)) return job;
  throw new MtuiError("job.unknown", `Workspace ${workspace} has no job ${job.id}.`, {
    hint: `It is of workspace ${job.request.workspace}.`,
  });
}

export const jobList: PlainHandler<"job_list"> = async (params, { services, client }) => {
  const { active, limit } = params;
  const workspace = params.workspace === undefined ? undefined : fullName(params.workspace, client);
  const all = services.jobs.list({ workspace, active });
  const own = ownView(params, client);
  const jobs = all.filter((job) => own?.(job.request.workspace) ?? true);
  // What goes on is never left out, however many have been asked for since.
  const shown = jobs.filter((job, index) => index < limit || !job.final);
  const [more, others] = [jobs.length - shown.length, all.length - jobs.length];
  return {
    jobs: shown.map((job) => job.view()),
    ...(more > 0 ? { more } : {}),
    ...(others > 0 ? { others } : {}),
  };
};

/** What callers are told when one of these goes on without this life of the daemon; null while none does. */
function leftOf(jobs: readonly Job[]): Promise<MtuiError | null> {
  return Promise.race([...jobs.map((job) => job.left), Promise.resolve(null)]);
}

/** With its place in the queue of this moment. */
export const jobStatus: PlainHandler<"job_status"> = async (params, call) => {
  const job = jobOf(params, call);
  const view = job.view();
  if (view.ticket === null) return view;
  const ticket = call.services.arbiter.view().tickets.find((each) => each.job === job.id);
  return ticket === undefined ? view : { ...view, ticket };
};

export const jobResult: PlainHandler<"job_result"> = async (params, call) => {
  const job = jobOf(params, call);
  const { end } = job;
  const asked = asksForOutput(params);
  if (end === null && !(asked && params.partial)) throw stillRunning(job);
  for (const host of params.hosts) assertHost(job, host);
  const reply = { job: job.view(), error: end?.error ?? null };
  if (!asked) return { ...reply, result: ofHosts(end?.result ?? null, params.hosts) };
  return { ...reply, result: null, ...outputPage(call.services.outputs, job.id, params) };
};

function asksForOutput({
  output,
  stream,
  tail,
  cursor,
  step,
  from,
  partial,
}: ParamsOf<"job_result">): boolean {
  return output || partial || from > 0 || [stream, tail, cursor, step].some((wish) => wish !== undefined);
}

function stillRunning(job: Job): MtuiError {
  const { state, elapsed } = job.view();
  return new MtuiError("job.running", `Job ${job.id} is still ${state} (${Math.round(elapsed)} s).`, {
    hint: `mtuictl job wait ${job.id} waits for its end, mtuictl job follow ${job.id} shows it.`,
    retryable: true,
    data: { job: job.id, state },
  });
}

/** @throws MtuiError host.unknown */
function assertHost(job: Job, host: string): void {
  const hosts = Object.keys(job.view().hosts);
  if (hosts.includes(host)) return;
  throw new MtuiError("host.unknown", `${job.id} had no host ${host}.`, {
    hint: hosts.length === 0 ? "It had none at all." : `It had ${hosts.join(", ")}.`,
  });
}

/** A result with evidence per host, of these hosts alone. */
function ofHosts(result: unknown, hosts: readonly string[]): unknown {
  if (hosts.length === 0 || typeof result !== "object" || result === null) return result;
  if (!("hosts" in result) || !Array.isArray(result.hosts)) return result;
  const of = result.hosts.filter((each: { host?: unknown }) => hosts.includes(String(each.host)));
  return { ...result, hosts: of };
}

export const jobWait: PlainHandler<"job_wait"> = async (params, call) => {
  const jobs = jobsOf(params.job_ids, call);
  const { clock } = call.services;
  if (params.any && params.all)
    throw new MtuiError("params.invalid", "Either any or all of the jobs: not both.");
  const ended = params.any
    ? Promise.race(jobs.map((job) => job.ended))
    : Promise.all(jobs.map((job) => job.ended));
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      stop();
      call.signal.removeEventListener("abort", finish);
      resolve();
    };
    const stop = clock.after(params.timeout * 1000, finish);
    call.signal.addEventListener("abort", finish, { once: true });
    void ended.then(finish);
    for (const job of jobs) void job.left.then(finish);
  });
  const finished = params.any ? jobs.some((job) => job.final) : jobs.every((job) => job.final);
  const left = await leftOf(jobs);
  if (!finished && left !== null) throw left;
  return { finished, jobs: jobs.map((job) => job.view()) };
};

export const jobCancel: PlainHandler<"job_cancel"> = async (params, call) => {
  const jobs = [jobOf(params, call), ...jobsOf(params.others, call)];
  const [first, ...others] = jobs.map((job) => cancelled(job, call.client.name));
  if (first === undefined) throw new Error("no job at all");
  return params.others.length === 0 ? first : { ...first, others };
};

function cancelled(job: Job, by: string): { job: JobView; cancelled: boolean; message: string } {
  const done = job.cancel(`Cancelled by ${by}.`);
  const message = done
    ? `Job ${job.id} is being cancelled; mtuictl job wait ${job.id} says when its commands are gone.`
    : `Job ${job.id} had already ended: ${job.state}.`;
  return { job: job.view(), cancelled: done, message };
}

export const jobFollow: PlainHandler<"job_follow"> = async (params, call) => {
  const jobs = jobsOf(params.job_ids, call);
  const ids = new Set(jobs.map((job) => job.id));
  const over = jobs.every((job) => job.final);
  const leaving = new AbortController();
  for (const job of jobs) void job.left.then(() => leaving.abort());
  const page = await call.services.events.wait(params.from, {
    jobs: ids,
    output: params.output,
    timeoutMs: over ? 0 : params.timeout * 1000,
    signal: AbortSignal.any([call.signal, leaving.signal]),
  });
  const left = await leftOf(jobs);
  if (left !== null && page.events.length === 0) throw left;
  return {
    ...page,
    // Only when nothing more is left to read: the caller stops at `finished`.
    finished:
      jobs.every((job) => job.final) &&
      call.services.events.read(page.cursor, { jobs: ids }).events.length === 0,
    jobs: jobs.map((job) => job.view()),
  };
};
