import type { Clock } from "@mtui/core/clock";
import type { DaemonEvent, JobView } from "@mtui/core/registry";
import { oneLine } from "../terminal/sanitise.ts";
import { eventLines } from "./event-lines.ts";
import { jobName } from "./job-name.ts";

/** Milliseconds after which a step that came before is news: that it lasts. */
const LASTS = 5_000;

interface Page {
  readonly events: readonly DaemonEvent[];
  readonly jobs: readonly JobView[];
}

/**
 * What happens as plain lines, for pipes and logs of CI. The hosts of a job do the same one after the other, so
 * each step is told once a job, when the first host comes to it. Looks at a host come several times: again such a
 * step is told only where it lasts. All that is not the way of things (a failure, a wait, an end) is told for each
 * host, at once.
 */
export class PlainLines implements Disposable {
  readonly #clock: Clock;
  readonly #write: (line: string) => void;
  /** Steps that were told: job, step, and which time it was. */
  readonly #told = new Set<string>();
  /** How often a host has come to a step: job, host, step. */
  readonly #times = new Map<string, number>();
  /** Hosts that a job has been given and that are not told yet. */
  readonly #given = new Map<string, string[]>();
  /** Steps that are told if they last, by job and host. */
  readonly #lasting = new Map<string, () => void>();

  constructor({ clock, write }: { clock: Clock; write: (line: string) => void }) {
    this.#clock = clock;
    this.#write = write;
  }

  take({ events, jobs }: Page): void {
    for (const event of events) this.#take(event, jobs);
  }

  [Symbol.dispose](): void {
    for (const stop of this.#lasting.values()) stop();
    this.#lasting.clear();
  }

  #take(event: DaemonEvent, jobs: readonly JobView[]): void {
    const { job = "", host } = event;
    if (event.type === "claim.granted" && host !== undefined)
      this.#given.set(job, [...(this.#given.get(job) ?? []), host]);
    if (event.type === "ticket.granted") this.#sayGiven(job, jobs);
    // A host's first step may be called as the job's own.
    if (event.type === "job.step") this.#told.add(JSON.stringify([job, event.text, undefined, 1]));
    if (event.type !== "job.host" || host === undefined) return this.#say(eventLines(event, jobs));

    const place = JSON.stringify([job, host]);
    this.#lasting.get(place)?.();
    this.#lasting.delete(place);
    const { state, step, message } = event.data ?? {};
    if (state !== "running") return this.#say(eventLines(event, jobs));
    const visit = JSON.stringify([job, host, step, message]);
    const times = (this.#times.get(visit) ?? 0) + 1;
    this.#times.set(visit, times);
    const tell = (): void => {
      const what = JSON.stringify([job, step, message, times]);
      if (this.#told.has(what)) return;
      this.#told.add(what);
      const { host: _, ...ofTheJob } = event;
      this.#say(eventLines(ofTheJob, jobs));
    };
    if (times === 1) tell();
    else this.#lasting.set(place, this.#clock.after(LASTS, tell));
  }

  #sayGiven(job: string, jobs: readonly JobView[]): void {
    const hosts = this.#given.get(job) ?? [];
    this.#given.delete(job);
    const view = jobs.find(({ id }) => id === job);
    if (hosts.length === 0 || view === undefined) return;
    this.#say([`${jobName(view)}: has ${hosts.sort().map(oneLine).join(", ")}`]);
  }

  #say(lines: readonly string[]): void {
    for (const line of lines) this.#write(line);
  }
}
