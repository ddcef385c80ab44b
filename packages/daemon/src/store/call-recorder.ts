import type { CallJournal } from "../asked/index.ts";
import type { Journal } from "./journal.ts";

/** Writes down what was asked under idempotency keys, and what it was answered. */
export function callRecorder(journal: Journal): CallJournal {
  return {
    all: () => journal.calls.all(),
    find: (id) => journal.calls.get(id),
    save: (id, row) => journal.write(() => journal.calls.put(id, row)),
    forget: (ids) =>
      void journal.write(() => {
        for (const id of ids) journal.calls.remove(id);
      }),
    assertWritable: () => journal.assertWritable(),
  };
}
