import type { LeaseJournal } from "../workspaces/lost-leases.ts";
import type { Journal } from "./journal.ts";

/** Writes down which workspaces lost their lease, for as long as their owners are to be told. */
export function lostLeaseRecorder(journal: Journal): LeaseJournal {
  return {
    all: () => journal.lostLeases.all().map(([workspace, lost]) => ({ workspace, ...lost })),
    save: ({ workspace, rrid, at, hosts }) =>
      void journal.write(() => journal.lostLeases.put(workspace, { rrid, at, hosts: [...hosts] })),
    forget: (workspace) => void journal.write(() => journal.lostLeases.remove(workspace)),
  };
}
