import type { Clock } from "@mtui/core/clock";
import type { UnendedJournal } from "../hosts/index.ts";
import type { Journal } from "./journal.ts";

/** Then a host has removed the files of a command, too, and nothing could be found there that is to be ended. */
const KEEP_MS = 14 * 24 * 3600_000;
/** Commands on all hosts; the oldest go first. */
const MOST = 1000;

/** Writes down which commands a cancel could not reach. */
export function unendedRecorder(journal: Journal, { clock }: { clock: Clock }): UnendedJournal {
  const keyOf = (hostKey: string, id: string): string => `${hostKey} ${id}`;
  return {
    on: (hostKey) =>
      journal.unended
        .under(keyOf(hostKey, ""))
        .filter(([, { at }]) => clock.now() - at <= KEEP_MS)
        .map(([key]) => key.slice(hostKey.length + 1)),
    save: (hostKey, id) =>
      void journal.write(() => {
        journal.unended.put(keyOf(hostKey, id), { at: clock.now() });
        const latest = journal.unended.all().toSorted(([, a], [, b]) => b.at - a.at);
        for (const [index, [key, { at }]] of latest.entries())
          if (index >= MOST || clock.now() - at > KEEP_MS) journal.unended.remove(key);
      }),
    forget: (hostKey, id) => void journal.write(() => journal.unended.remove(keyOf(hostKey, id))),
  };
}
