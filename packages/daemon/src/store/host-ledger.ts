import type { HostLedger } from "../workspaces/host-ledger.ts";
import type { Journal } from "./journal.ts";

/** The entry goes with the claim: the arbiter's recorder removes it. */
export function hostLedger(journal: Journal): HostLedger {
  return {
    save({ claim, session, poolLock, byHand, slots, warnings }) {
      const { base, addons, ...facts } = session.facts;
      const record = {
        poolLock,
        byHand: byHand ?? null,
        slots: slots.map((slot) => ({ ...slot, addons: [...slot.addons] })),
        warnings: [...warnings],
        facts: { ...facts, base: { ...base }, addons: addons.map((addon) => ({ ...addon })) },
      };
      journal.write(() => journal.hosts.put(claim.id, record));
    },
  };
}
