import type { JobJournal } from "../jobs/index.ts";
import type { Journal } from "./journal.ts";

/** Characters of one result, as JSON, that outlive the daemon; of a longer one only how the job ended. */
const MAX_RESULT = 4 * 1024 * 1024;

/** Writes jobs down: each state that they come to, and with the last one the result. */
export function jobRecorder(journal: Journal): JobJournal {
  return {
    save(id, job) {
      const number = Number(id.slice(id.lastIndexOf("-") + 1));
      return journal.writeFirst(() => {
        journal.jobs.put(id, job);
        const counter = `job:${job.operation}`;
        if (number > journal.count(counter)) journal.counters.put(counter, number);
      });
    },
    saveEnd(id, job, result) {
      const small = (JSON.stringify(result)?.length ?? 0) <= MAX_RESULT;
      journal.write(() => {
        journal.jobs.put(id, job);
        if (small && result !== null) journal.results.put(id, result);
      });
    },
    forget: (id) =>
      void journal.write(() => {
        journal.jobs.remove(id);
        journal.results.remove(id);
      }),
    count: (operation) => journal.count(`job:${operation}`),
  };
}
