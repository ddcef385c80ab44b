import type { Job } from "../jobs/index.ts";
import type { Call, PlainHandler } from "./context.ts";
import { MtuiError } from "@mtui/core/protocol";
import { assertMayChange } from "../workspaces/names.ts";

function jobsOf(ids: readonly string[], call: Call): Job[] {
  return [...new Set(ids)].map((id) => call.services.jobs.get(id));
}

export const jobList: PlainHandler<"job_list"> = async (params, { services }) => ({
  jobs: services.jobs.list({ workspace: params.workspace, active: params.active }).map((job) => job.view()),
});

export const jobStatus: PlainHandler<"job_status"> = async (params, { services }) =>
  services.jobs.get(params.job_id).view();

export const jobResult: PlainHandler<"job_result"> = async (params, { services }) => {
  const job = services.jobs.get(params.job_id);
  const { end } = job;
  if (end === null) {
    const view = job.view();
    throw new MtuiError(
      "job.running",
      `Job ${job.id} is still ${view.state} (${Math.round(view.elapsed)} s).`,
      {
        hint: `mtuictl job wait ${job.id} waits for its end, mtuictl job follow ${job.id} shows it.`,
        retryable: true,
        data: { job: job.id, state: view.state },
      },
    );
  }
  return { job: job.view(), result: end.result ?? null, error: end.error ?? null };
};

export const jobWait: PlainHandler<"job_wait"> = async (params, call) => {
  const jobs = jobsOf(params.job_ids, call);
  const { clock } = call.services;
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
  });
  const finished = params.any ? jobs.some((job) => job.final) : jobs.every((job) => job.final);
  return { finished, jobs: jobs.map((job) => job.view()) };
};

export const jobCancel: PlainHandler<"job_cancel"> = async (params, { services, client }) => {
  const job = services.jobs.get(params.job_id);
  assertMayChange(job.request.workspace, client);
  if (!job.cancel(`Cancelled by ${client.name}.`)) {
    return { job: job.view(), cancelled: false, message: `Job ${job.id} had already ended: ${job.state}.` };
  }
  return {
    job: job.view(),
    cancelled: true,
    message: `Job ${job.id} is being cancelled; mtuictl job wait ${job.id} says when its commands are gone.`,
  };
};

export const jobFollow: PlainHandler<"job_follow"> = async (params, call) => {
  const jobs = jobsOf(params.job_ids, call);
  const ids = new Set(jobs.map((job) => job.id));
  const over = jobs.every((job) => job.final);
  const page = await call.services.events.wait(params.from, {
    jobs: ids,
    output: params.output,
    timeoutMs: over ? 0 : params.timeout * 1000,
    signal: call.signal,
  });
  return {
    ...page,
    // Only when nothing more is left to read: the caller stops at `finished`.
    finished:
      jobs.every((job) => job.final) &&
      call.services.events.read(page.cursor, { jobs: ids }).events.length === 0,
    jobs: jobs.map((job) => job.view()),
  };
};
