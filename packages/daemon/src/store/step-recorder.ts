import type { SavedStep, StepJournal, StepKey } from "../jobs/steps/index.ts";
import type { Journal } from "./journal.ts";

const under = (job: string): string => `${job}/`;
const place = ({ job, host }: Omit<StepKey, "step">): string => `${under(job)}${host}`;
const keyOf = (key: StepKey): string => `${place(key)}/${String(key.step).padStart(6, "0")}`;

/** Writes down how each step of a job ended, and which operation locks it has. */
export function stepRecorder(journal: Journal): StepJournal {
  return {
    find: (key) => journal.steps.get(keyOf(key)) as SavedStep | null,
    save: (key, step) => journal.writeSoon(() => journal.steps.put(keyOf(key), step)),
    ended: (job) => {
      const last = new Map<string, number>();
      for (const [key, step] of journal.steps.under(under(job))) {
        const [, host = "", number] = key.split("/");
        // A line of history that was begun is not begun again: that is its end.
        if (step.kind !== "reboot" || step.end !== null) last.set(host, Number(number));
      }
      return last;
    },
    hosts: (job) => {
      const rows = [...journal.steps.under(under(job)), ...journal.locks.under(under(job))];
      return new Set(rows.map(([key]) => key.split("/")[1] ?? ""));
    },
    lock: (of) => journal.locks.get(place(of)),
    saveLock: (of, lock) => void journal.write(() => journal.locks.put(place(of), lock)),
    forget: (job) =>
      void journal.write(() => {
        journal.steps.removeUnder(under(job));
        journal.locks.removeUnder(under(job));
      }),
  };
}
