import { MtuiError } from "@mtui/core/protocol";
import { rememberedKey } from "../asked/asked-jobs.ts";
import type { Clock } from "@mtui/core/clock";
import type { EventLog } from "../events/index.ts";
import { isFinal } from "./state.ts";
import { Job, type JobRequest } from "./job.ts";
import type { JobEnd, JobJournal, SavedJob } from "./saved-job.ts";

export interface JobLimits {
  /** Jobs that have not ended, in all. */
  active: number;
  activePerWorkspace: number;
  /** Ended jobs kept, newest first. */
  keepFinished: number;
  /** Milliseconds that an ended job is kept. */
  keepMs: number;
  /** Characters of all their results together, as JSON. */
  keepResults: number;
}

const DEFAULT_JOB_LIMITS: JobLimits = {
  active: 1024,
  activePerWorkspace: 64,
  keepFinished: 1000,
  keepMs: 7 * 24 * 3600 * 1000,
  keepResults: 256 * 1024 * 1024,
};

/** Where the output of jobs is kept. */
export interface OutputKeeper {
  /** The job has ended: its output may have to make room. */
  ended(job: string): void;
  forget(job: string): void;
}

/** All jobs of the daemon, by id. Ids are `<operation>-<n>`, n counting per daemon. */
export class JobTable {
  readonly #jobs = new Map<string, Job>();
  readonly #counters = new Map<string, number>();
  readonly #resultSizes = new Map<string, number>();
  readonly #options: {
    clock: Clock;
    events: EventLog;
    limits: JobLimits;
    journal?: JobJournal;
    outputs?: OutputKeeper;
  };

  constructor(options: {
    clock: Clock;
    events: EventLog;
    limits?: Partial<JobLimits>;
    journal?: JobJournal;
    outputs?: OutputKeeper;
  }) {
    this.#options = { ...options, limits: { ...DEFAULT_JOB_LIMITS, ...options.limits } };
  }

  /**
   * Makes the job and starts its work, at once: what it queues for, it queues for in the order in which
   * jobs were asked for. The work decides how it ended; a throw is a failure.
   * @throws MtuiError job.limit, state.io
   */
  start(request: JobRequest, work: (job: Job) => Promise<JobEnd>): Job {
    this.assertRoom([request.workspace]);
    this.#retire();
    const job = this.#make(this.#nextId(request.operation), request);
    this.#work(job, work);
    return job;
  }

  /** A job of an earlier life of the daemon under its old id, from its beginning, or from the end of its work. */
  restart(
    id: string,
    {
      former,
      worked,
      work,
    }: { former: SavedJob; worked?: JobEnd | undefined; work: (job: Job) => Promise<JobEnd> },
  ): Job {
    const job = this.#make(id, requestOf(former), { former, worked });
    this.#work(job, work);
    return job;
  }

  /** One that had ended, or that ends now because it cannot go on; `end` as it was, or as it is now. */
  recall(id: string, { former, end }: { former: SavedJob; end: JobEnd }): Job {
    const job = this.#make(id, requestOf(former), { former });
    this.#resultSizes.set(id, sizeOf(end));
    if (isFinal(former.state)) job.recall(former, end);
    else job.finish(end);
    return job;
  }

  #nextId(operation: string): string {
    const known = this.#counters.get(operation) ?? this.#options.journal?.count(operation) ?? 0;
    this.#counters.set(operation, known + 1);
    return `${operation}-${known + 1}`;
  }

  #make(id: string, request: JobRequest, again?: { former: SavedJob; worked?: JobEnd | undefined }): Job {
    const { clock, events } = this.#options;
    const save = (job: Job): MtuiError | null => this.#save(job);
    const job = new Job(id, { request, clock, events, save, ...again });
    this.#jobs.set(id, job);
    return job;
  }

  #save(job: Job): MtuiError | null {
    const { journal } = this.#options;
    const end = job.end ?? job.worked;
    if (end === null) return journal?.save(job.id, job.saved()) ?? null;
    journal?.saveEnd(job.id, job.saved(), end.result);
    if (job.final) this.#options.outputs?.ended(job.id);
    return null;
  }

  #work(job: Job, work: (job: Job) => Promise<JobEnd>): void {
    void new Promise<JobEnd>((resolve) => resolve(work(job))).then(
      (end) => {
        this.#resultSizes.set(job.id, sizeOf(end));
        job.finish(end);
      },
      (thrown: unknown) => job.fail(thrown),
    );
  }

  /** @throws MtuiError job.unknown */
  get(id: string): Job {
    const job = this.#jobs.get(id);
    if (job === undefined) {
      throw new MtuiError("job.unknown", `There is no job ${id}.`, {
        hint: "mtuictl job list shows all jobs.",
      });
    }
    return job;
  }

  /** Newest first. */
  list(filter: { workspace?: string | undefined; active?: boolean } = {}): Job[] {
    return [...this.#jobs.values()]
      .filter((job) => filter.workspace === undefined || job.request.workspace === filter.workspace)
      .filter((job) => !filter.active || !job.final)
      .toReversed();
  }

  /** @throws MtuiError job.limit when there is no room for one more job in each of these workspaces */
  assertRoom(workspaces: readonly string[]): void {
    const { limits } = this.#options;
    const active = this.list({ active: true });
    for (const workspace of workspaces) {
      const here = active.filter((job) => job.request.workspace === workspace).length;
      if (here < limits.activePerWorkspace) continue;
      throw new MtuiError(
        "job.limit",
        `Workspace ${workspace} has ${here} active jobs, which is the limit.`,
        {
          hint: "Wait for one (mtuictl job wait ID), cancel one (mtuictl job cancel ID), or raise jobs.max_active_per_workspace.",
          retryable: true,
        },
      );
    }
    if (active.length + workspaces.length > limits.active) {
      throw new MtuiError("job.limit", `The daemon has ${active.length} active jobs, which is the limit.`, {
        hint: "Wait for some to end, or raise jobs.max_active.",
        retryable: true,
      });
    }
  }

  #retire(): void {
    const { limits, clock, events } = this.#options;
    const oldest = clock.now() - limits.keepMs;
    const ended = this.list().filter((job) => job.final);
    let results = 0;
    for (const [index, job] of ended.entries()) {
      results += this.#resultSizes.get(job.id) ?? 0;
      const young = (job.finishedAt ?? 0) >= oldest;
      // Whoever asks again must not start it anew.
      if (rememberedKey(job, clock.now()) !== null) continue;
      if (index < limits.keepFinished && young && results <= limits.keepResults) continue;
      this.#jobs.delete(job.id);
      this.#resultSizes.delete(job.id);
      events.forget(job.id);
      this.#options.journal?.forget(job.id);
      this.#options.outputs?.forget(job.id);
    }
  }
}

/** Of its result, in characters of JSON. */
function sizeOf({ result }: JobEnd): number {
  return JSON.stringify(result)?.length ?? 0;
}

function requestOf({ operation, command, workspace, rrid, recipe }: SavedJob): JobRequest {
  return { operation, command, workspace, rrid, ...(recipe === null ? {} : { recipe }) };
}
