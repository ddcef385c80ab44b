import type { WorkspaceJournal } from "../workspaces/registry.ts";
import type { Journal } from "./journal.ts";

/** A lease that slides with every call is written down only when it has moved by this (milliseconds). */
const LEASE_GRAIN_MS = 60_000;

/** Writes workspaces down: report, missing slots, lease, and which hosts they have lost. */
export function workspaceRecorder(journal: Journal): WorkspaceJournal {
  const written = new Map<string, { body: string; leaseUntil: number }>();
  return {
    save({ name, namespace, rridText: rrid, noHost, leaseUntil }) {
      const slots = noHost.map(({ slot, reason }) => ({
        slot: { ...slot, addons: [...slot.addons] },
        reason,
      }));
      const record = { namespace, rrid, noHost: slots, leaseUntil };
      const body = JSON.stringify({ ...record, leaseUntil: null });
      const last = written.get(name);
      const moved = Math.abs((leaseUntil ?? 0) - (last?.leaseUntil ?? 0));
      if (last?.body === body && moved < LEASE_GRAIN_MS) return;
      if (journal.write(() => journal.workspaces.put(name, record)))
        written.set(name, { body, leaseUntil: leaseUntil ?? 0 });
    },
    forget(name) {
      written.delete(name);
      journal.write(() => {
        journal.workspaces.remove(name);
        journal.lostHosts.removeUnder(`${name} `);
      });
    },
    losses: (name) => ({
      save: ({ host, ...loss }, told) =>
        void journal.write(() => journal.lostHosts.put(`${name} ${host}`, { ...loss, told })),
      forget: (hosts) =>
        void journal.write(() => {
          for (const host of hosts) journal.lostHosts.remove(`${name} ${host}`);
        }),
    }),
  };
}
