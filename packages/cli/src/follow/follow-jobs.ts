import { toMtuiError } from "@mtui/core/protocol";
import type { JobView, ResultOf } from "@mtui/core/registry";
import { Link } from "./link.ts";

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
  /** One after the other; the next page is asked for when this has settled. */
  readonly onPage: (page: FollowPage) => Promise<void> | void;
}

/**
 * Read the events of jobs until all of them have ended and nothing is left to read. Each request waits in the daemon for the next
 * event, so nothing is asked twice and nothing is late. A daemon that dies meanwhile is followed into its
 * next life, where its events begin anew: that page says `gap`.
 * @returns the last view of each job
 * @throws MtuiError what `job_follow` answers, `daemon.unreachable` or `daemon.stopping` when there is no
 *   daemon any more; on abort whatever `signal` was aborted with.
 */
export async function followJobs(link: Link, options: FollowOptions): Promise<JobView[]> {
  const { ids, output, signal, onPage } = options;
  let cursor = options.from ?? 0;
  let lost = false;
  for (;;) {
    signal.throwIfAborted();
    const params = { job_ids: [...ids], from: cursor, timeout: POLL, output };
    let page: FollowPage;
    try {
      const timeoutMs = POLL * 1000 + SLACK;
      page = (await link.client.call("job_follow", params, { signal, timeoutMs })) as FollowPage;
    } catch (thrown) {
      const error = toMtuiError(thrown);
      if (signal.aborted || !Link.isLoss(error)) throw thrown;
      if (await link.again(error, signal)) cursor = 0;
      lost = true;
      continue;
    }
    await onPage(lost ? { ...page, gap: true } : page);
    lost = false;
    cursor = page.cursor;
    if (page.finished) return page.jobs;
  }
}
