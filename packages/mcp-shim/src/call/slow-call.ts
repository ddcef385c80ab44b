import {
  type ErrorReport,
  fromReport,
  MtuiError,
  type OperationEntry,
  toMtuiError,
} from "@mtui/core/protocol";
import type { JobView } from "@mtui/core/registry";
import type { Clock } from "@mtui/core/clock";
import type { Limits } from "../limits.ts";
import type { DaemonLink } from "../link/index.ts";
import type { KnownState } from "../reply/index.ts";
import { jobsInWords } from "./job-words.ts";

export interface CallOptions {
  readonly link: DaemonLink;
  readonly clock: Clock;
  readonly limits: Limits;
  /** The client has cancelled the call, or is gone. */
  readonly signal: AbortSignal;
  /** Is it gone, rather than that it cancelled? Its jobs go on. */
  readonly gone: () => boolean;
  readonly key: string;
  readonly tell: (text: string) => void;
}

/** A call that failed although something is known of it. */
export class KnownFailure extends Error {
  readonly error: MtuiError;
  readonly known: KnownState;

  constructor(error: MtuiError, known: KnownState) {
    super(error.message, { cause: error });
    this.error = error;
    this.known = known;
  }
}

interface Followed {
  jobs: readonly JobView[];
  seenAt: number;
}

interface FollowPage {
  readonly jobs: readonly JobView[];
  readonly cursor: number;
  readonly finished: boolean;
}

/** Seconds that one request waits for news. */
const POLL = 25;

/**
 * A slow operation whose caller waits: started as a job like in the background, followed, and answered as the
 * daemon would answer a foreground call. So nothing is lost with a connection, and there is always a job to name.
 * @throws KnownFailure, MtuiError what the foreground call would throw
 */
export async function slowCall(
  entry: OperationEntry,
  params: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<unknown> {
  const started = await start(entry, { params, options });
  if (params["background"] === true) return started;
  const followed: Followed = { jobs: jobsOf(started), seenAt: options.clock.now() };
  const ids = followed.jobs.map(({ id }) => id);
  const late = new AbortController();
  const { slowMs } = options.limits;
  const stop = options.clock.after(slowMs, () => late.abort(tooLong(entry.name, slowMs)));
  try {
    const signal = AbortSignal.any([options.signal, late.signal]);
    await follow(followed, { ids, signal, options });
    return await resultOf(started, { followed, signal, options });
  } catch (thrown) {
    if (options.signal.aborted && !options.gone()) await cancelJobs(ids, options);
    throw withKnown(toMtuiError(thrown), { followed, options });
  } finally {
    stop();
  }
}

/**
 * Not cut short by a cancel: between the request and the answer nobody could say which job it was. It is
 * quick, and the job is cancelled right after it.
 */
async function start(
  entry: OperationEntry,
  { params, options }: { params: Readonly<Record<string, unknown>>; options: CallOptions },
): Promise<unknown> {
  const { link, limits, key, signal } = options;
  if (signal.aborted) throw new MtuiError("request.cancelled", "The call was cancelled.");
  return link.call({
    method: entry.name,
    params: { ...params, background: true },
    signal: new AbortController().signal,
    repeatable: false,
    key,
    timeoutMs: limits.startMs,
  });
}

/** Until all have ended. The daemon may die and come back meanwhile: its jobs do. */
async function follow(
  followed: Followed,
  { ids, signal, options }: { ids: readonly string[]; signal: AbortSignal; options: CallOptions },
): Promise<void> {
  const { link, clock, limits, tell } = options;
  let from = 0;
  tell(jobsInWords(followed.jobs));
  for (;;) {
    const page = (await link.call({
      method: "job_follow",
      params: { job_ids: [...ids], from, timeout: POLL, output: false },
      signal,
      repeatable: true,
      timeoutMs: POLL * 1000 + limits.slackMs,
    })) as FollowPage;
    followed.jobs = page.jobs;
    followed.seenAt = clock.now();
    if (page.finished) return;
    from = page.cursor;
    tell(jobsInWords(page.jobs));
  }
}

/** What the foreground call answers: `{job, result}`, of `validate` `{jobs, results}`. */
async function resultOf(
  started: unknown,
  { followed, signal, options }: { followed: Followed; signal: AbortSignal; options: CallOptions },
): Promise<unknown> {
  const jobs: JobView[] = [];
  const results: unknown[] = [];
  for (const { id } of followed.jobs) {
    const reply = (await options.link.call({
      method: "job_result",
      params: { job_id: id },
      signal,
      repeatable: true,
      timeoutMs: options.limits.readMs,
    })) as { job: JobView; result: unknown; error: ErrorReport | null };
    jobs.push({ ...reply.job, error: reply.job.error ?? reply.error });
    results.push(reply.result ?? null);
  }
  if ("jobs" in (started as object)) return { jobs, results };
  const [job] = jobs;
  if (job !== undefined && job.error !== null && results[0] === null) {
    const error = fromReport(job.error);
    throw new MtuiError(error.kind, error.message, {
      retryable: error.retryable,
      data: { ...error.data, job: job.id },
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
  }
  return { job, result: results[0] ?? null };
}

async function cancelJobs(ids: readonly string[], { link, limits }: CallOptions): Promise<void> {
  const [first, ...others] = ids;
  if (first === undefined) return;
  await link
    .call({
      method: "job_cancel",
      params: { job_id: first, ...(others.length === 0 ? {} : { others }) },
      signal: new AbortController().signal,
      repeatable: true,
      timeoutMs: limits.cancelMs,
    })
    .catch(() => {
      // Whoever cancelled reads no answer; the job's end is in job_status all the same.
    });
}

function jobsOf(reply: unknown): JobView[] {
  const { job, jobs } = (reply ?? {}) as { job?: JobView; jobs?: JobView[] };
  return jobs ?? (job === undefined ? [] : [job]);
}

function withKnown(
  error: MtuiError,
  { followed, options }: { followed: Followed; options: CallOptions },
): unknown {
  const [first] = followed.jobs;
  if (first === undefined || error.data?.["job"] !== undefined) return error;
  const ago = Math.max(0, Math.round((options.clock.now() - followed.seenAt) / 1000));
  const ids = followed.jobs.map(({ id }) => id);
  const shown = ids.length > 8 ? `${ids.slice(0, 8).join(", ")} and ${ids.length - 8} more` : ids.join(", ");
  const text = `${ids.length === 1 ? "Job" : "Jobs"} ${shown} may go on without this call. Last seen ${ago} s ago: ${jobsInWords(followed.jobs)}. Do not start it again: job_status job_id=${first.id}, then job_wait and job_result.`;
  return new KnownFailure(error, { job: first.id, text });
}

function tooLong(operation: string, ms: number): MtuiError {
  return new MtuiError(
    "request.timeout",
    `${operation} has not ended within ${ms / 1000} s; it goes on as a job.`,
    {
      hint: "Work as long as this belongs in the background: background=true.",
    },
  );
}
