import type { DaemonClient } from "@mtui/core/client";
import type { JobView, ResultOf } from "@mtui/core/registry";

export type FollowPage = ResultOf<"job_follow">;

/** Seconds that one request waits for an event. */
const POLL = 25;
/** Milliseconds that an answer may take on top. */
const SLACK = 15_000;

export interface FollowOptions {
  readonly ids: readonly string[];
  /** Cursor to start from. */
  readonly from?: number;
  readonly output: boolean;
  readonly signal: AbortSignal;
  readonly onPage: (page: FollowPage) => void;
}

/**
 * Read the events of jobs until all of them have ended and nothing is left to read. Each request waits in the daemon for the next
 * event, so nothing is asked twice and nothing is late.
 * @returns the last view of each job
 * @throws MtuiError what `job_follow` answers, `daemon.unreachable` when the daemon is lost; on
 *   abort whatever `signal` was aborted with.
 */
export async function followJobs(client: DaemonClient, options: FollowOptions): Promise<JobView[]> {
  const { ids, output, signal, onPage } = options;
  let cursor = options.from ?? 0;
  for (;;) {
    signal.throwIfAborted();
    const params = { job_ids: [...ids], from: cursor, timeout: POLL, output };
    const page = (await client.call("job_follow", params, {
      signal,
      timeoutMs: POLL * 1000 + SLACK,
    })) as FollowPage;
    onPage(page);
    cursor = page.cursor;
    if (page.finished) return page.jobs;
  }
}
