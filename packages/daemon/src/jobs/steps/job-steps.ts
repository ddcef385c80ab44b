import type { Clock } from "../../clock.ts";
import type { HeldLock, HostSession } from "../../hosts/index.ts";
import type { Job } from "../job.ts";
import { RecordedSession } from "./recorded-session.ts";
import type { JobOutputs } from "../output/index.ts";
import type { StepJournal, StepOutputs } from "./saved-step.ts";

export interface StepsOptions {
  readonly journal: StepJournal;
  readonly outputs: JobOutputs;
  readonly clock: Clock;
  /** As `RecordedOptions`. */
  readonly patienceMs: number;
}

/** A host of the job's workspace. */
interface StepHost {
  readonly claim: { readonly hostName: string };
  readonly session: HostSession;
  atWork?: HeldLock;
}

/** The hosts of one job, each with its numbered steps. */
export class JobSteps {
  readonly #options: StepsOptions & { job: Job };
  readonly #hosts = new Map<string, { host: StepHost; session: RecordedSession }>();

  constructor(options: StepsOptions & { job: Job }) {
    this.#options = options;
  }

  /** The job has ended, and that is written down: its steps are not needed any more. */
  end(): void {
    const { job, journal } = this.#options;
    for (const { host } of this.#hosts.values()) delete host.atWork;
    journal.forget(job.id);
  }

  /** One session a host for the whole job: its steps are counted there. */
  on(host: StepHost): HostSession {
    const name = host.claim.hostName;
    const known = this.#hosts.get(name);
    if (known !== undefined) return known.session;
    const { job, outputs, ...options } = this.#options;
    const session = new RecordedSession({
      ...options,
      outputs: outputsOf(job, outputs),
      job: job.id,
      again: job.again,
      frozen: job.frozen,
      session: () => host.session,
    });
    this.#hosts.set(name, { host, session });
    return session;
  }
}

function outputsOf(job: Job, outputs: JobOutputs): StepOutputs {
  return {
    open: ({ host, step }, options) =>
      outputs.open({
        job: job.id,
        host,
        step,
        ...options,
        onText: (stream, piece) => job.output(host, { ...piece, stream, step }),
        onNote: (text) => job.note(text),
      }),
  };
}
