import type { Job } from "../job.ts";
import type { Reached } from "../saved-job.ts";

/**
 * Where a cancel finds a job: how many steps each host has been asked for. All that a workflow decides by
 * the cancel it decides right before a step, host by host. So a job that goes again through what it did in a
 * former life decides the same when each host hears of the cancel with the step at which it heard of it
 * then; what was written down before answers as it did, and the step that was under way is found and ended.
 */
export class CancelPoint {
  readonly #job: Job;
  /** The last step of each host whose end is written down, of a job that had begun. */
  readonly #written: ReadonlyMap<string, number>;
  readonly #asked = new Map<string, number>();
  readonly #hosts = new Map<string, AbortController>();

  constructor(job: Job, written: ReadonlyMap<string, number>) {
    this.#job = job;
    this.#written = written;
    job.countedBy(() => this.#reached());
    if (job.again) job.cancelled.addEventListener("abort", () => this.#look(), { once: true });
  }

  /** Ends the work on this host. */
  signal(host: string): AbortSignal {
    if (!this.#job.again) return this.#job.signal;
    const known = this.#hosts.get(host);
    if (known !== undefined) return known.signal;
    const stop = new AbortController();
    this.#hosts.set(host, stop);
    this.#asked.set(host, this.#asked.get(host) ?? 0);
    this.#lookAt(host, stop);
    return stop.signal;
  }

  /** The host is asked for this step now. */
  asks(host: string, step: number): void {
    this.#asked.set(host, step);
    if (!this.#job.again || !this.#job.cancelled.aborted) return;
    this.#look();
    // All hosts of an operation are known before the first step of any.
    if ([...this.#hosts.values()].every(({ signal }) => signal.aborted)) this.#job.cancelHere();
  }

  #look(): void {
    for (const [host, stop] of this.#hosts) this.#lookAt(host, stop);
  }

  #lookAt(host: string, stop: AbortController): void {
    const { cancelled, reached } = this.#job;
    if (!cancelled.aborted || reached === null) return;
    if ((this.#asked.get(host) ?? 0) >= (reached.hosts[host] ?? reached.others)) stop.abort(cancelled.reason);
  }

  /** A job that goes again through what it did had asked for one more than is written down. */
  #reached(): Reached {
    const { again } = this.#job;
    const hosts = new Set([...this.#asked.keys(), ...this.#written.keys()]);
    const steps = (host: string): number =>
      Math.max(this.#asked.get(host) ?? 0, again ? (this.#written.get(host) ?? 0) + 1 : 0);
    return {
      hosts: Object.fromEntries([...hosts].map((host) => [host, steps(host)])),
      others: again ? 1 : 0,
    };
  }
}
