import type { NamespaceJournal } from "../workspaces/namespaces.ts";
import type { Journal } from "./journal.ts";

/** Writes down which process has which namespace, so that it gets its own back after a restart. */
export function namespaceRecorder(journal: Journal): NamespaceJournal {
  return {
    all: () => journal.namespaces.all(),
    save: (namespace, holder) => void journal.write(() => journal.namespaces.put(namespace, { ...holder })),
    forget: (namespace) => void journal.write(() => journal.namespaces.remove(namespace)),
  };
}
