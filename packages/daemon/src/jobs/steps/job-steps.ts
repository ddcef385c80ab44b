import type { Clock } from "@mtui/core/clock";
import type { ErrorReport } from "@mtui/core/protocol";
import type { HeldLock, HostSession } from "../../hosts/index.ts";
import type { Job } from "../job.ts";
import { CancelPoint } from "./cancel-point.ts";
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

export interface JobStepsOptions extends StepsOptions {
  readonly job: Job;
  /** As `RecordedOptions`. */
  readonly reach: (host: string, signal: AbortSignal) => Promise<ErrorReport | null>;
}

/** A host of the job's workspace. */
interface StepHost {
  readonly claim: { readonly hostName: string };
  readonly session: HostSession;
  atWork?: HeldLock;
}

/** The hosts of one job, each with its numbered steps. */
export class JobSteps {
  readonly #options: JobStepsOptions;
  readonly #hosts = new Map<string, { host: StepHost; session: RecordedSession }>();
  readonly #cancel: CancelPoint;

  /** As soon as the job is there: who cancels it in its turn or before asks how far it is. */
  constructor(options: JobStepsOptions) {
    const { job, journal } = options;
    this.#options = options;
    this.#cancel = new CancelPoint(job, job.again ? journal.ended(job.id) : new Map());
  }

  /** Ends the job's work on this host. */
  signal(host: string): AbortSignal {
    return this.#cancel.signal(host);
  }

  /** The job has ended, and that is written down: its steps are not needed any more. */
  end(): void {
    const { job, journal } = this.#options;
    for (const { host } of this.#hosts.values()) delete host.atWork;
    journal.forget(job.id);
  }

  /** Hosts on which it had begun in a former life, and which its desk has lost since. */
  get lost(): readonly string[] {
    const { job, journal } = this.#options;
    return job.again ? [...journal.hosts(job.id)].filter((host) => !this.#hosts.has(host)) : [];
  }

  /** One session a host for the whole job: its steps are counted there. */
  on(host: StepHost): HostSession {
    const name = host.claim.hostName;
    const known = this.#hosts.get(name);
    if (known !== undefined) return known.session;
    const { job, outputs, reach, ...options } = this.#options;
    const session = new RecordedSession({
      ...options,
      outputs: outputsOf(job, outputs),
      job: job.id,
      trace: job.trace,
      again: job.again,
      frozen: job.frozen,
      stopped: this.#cancel.signal(name),
      asks: (step) => this.#cancel.asks(name, step),
      session: () => host.session,
      reach: async (signal) => await reach(name, signal),
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
