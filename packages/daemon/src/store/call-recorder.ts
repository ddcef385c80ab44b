import type { CallJournal } from "../asked/index.ts";
import type { Journal } from "./journal.ts";
import type { CallRecord } from "./records.ts";

/** Writes down what was asked under idempotency keys, and what it was answered. */
export function callRecorder(journal: Journal): CallJournal {
  return {
    all: () => journal.calls.all() as ReturnType<CallJournal["all"]>,
    find: (id) => journal.calls.get(id) as ReturnType<CallJournal["find"]>,
    save: (id, row) => journal.write(() => journal.calls.put(id, row as CallRecord)),
    forget: (ids) =>
      void journal.write(() => {
        for (const id of ids) journal.calls.remove(id);
      }),
    assertWritable: () => journal.assertWritable(),
  };
}
