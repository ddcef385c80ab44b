import type { HostLedger } from "../workspaces/host-ledger.ts";
import type { CommandEntry } from "../workflow/index.ts";
import type { Journal } from "./journal.ts";
import type { HistoryRecord } from "./records.ts";

/** Characters of output of one host's commands that outlive the daemon. */
const MAX_HISTORY = 4 * 1024 * 1024;

/** The entry goes with the claim: the arbiter's recorder removes it. */
export function hostLedger(journal: Journal): HostLedger {
  return {
    save({ claim, session, poolLock, byHand, silence, slots, warnings }) {
      const { base, addons, ...facts } = session.facts;
      const record = {
        poolLock,
        byHand: byHand ?? null,
        ...(silence === undefined ? {} : { silence }),
        slots: slots.map((slot) => ({ ...slot, addons: [...slot.addons] })),
        warnings: [...warnings],
        facts: { ...facts, base: { ...base }, addons: addons.map((addon) => ({ ...addon })) },
      };
      journal.write(() => journal.hosts.put(claim.id, record));
    },
    saveHistory({ claim }, { commands, update }) {
      const record = { commands: latest(commands), update: update as HistoryRecord["update"] };
      journal.write(() => journal.histories.put(claim.id, record));
    },
  };
}

function latest(commands: readonly CommandEntry[]): HistoryRecord["commands"] {
  let size = 0;
  const first = commands.findLastIndex(
    ({ stdout, stderr }) => (size += stdout.length + stderr.length) > MAX_HISTORY,
  );
  return commands.slice(first + 1).map((entry) => ({ ...entry }));
}
