import type { Clock } from "../../clock.ts";
import type { HostSession } from "../../hosts/index.ts";
import type { Job } from "../job.ts";
import { RecordedSession } from "./recorded-session.ts";
import type { StepJournal, StepOutputs } from "./saved-step.ts";

export interface StepsOptions {
  readonly journal: StepJournal;
  readonly outputs: StepOutputs;
  readonly clock: Clock;
  /** When it fires, no step of any job answers any more. */
  readonly frozen: AbortSignal;
  /** As `RecordedOptions`. */
  readonly patienceMs: number;
}

/** The hosts of one job, each with its numbered steps. */
export class JobSteps {
  readonly #options: StepsOptions & { job: Job };
  readonly #hosts = new Map<string, RecordedSession>();

  constructor(options: StepsOptions & { job: Job }) {
    this.#options = options;
  }

  /** One session a host for the whole job: its steps are counted there. */
  on(host: { readonly claim: { readonly hostName: string }; readonly session: HostSession }): HostSession {
    const name = host.claim.hostName;
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const { job, ...options } = this.#options;
    const session = new RecordedSession({
      ...options,
      job: job.id,
      again: job.again,
      session: () => host.session,
    });
    this.#hosts.set(name, session);
    return session;
  }
}
