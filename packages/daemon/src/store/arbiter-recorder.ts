import type { ArbiterChange, ArbiterJournal } from "../arbiter/index.ts";
import type { ClaimRecord } from "./records.ts";
import type { Journal } from "./journal.ts";

/** Writes down who has which host and who waits, one transaction for each event of the arbiter. */
export function arbiterRecorder(journal: Journal): ArbiterJournal {
  return {
    record: (change) => journal.writeFirst(() => writeDown(journal, change)),
    assertWritable: () => journal.assertWritable(),
  };
}

function writeDown(journal: Journal, { holders, tickets, counts }: ArbiterChange): void {
  for (const { key, name, holder } of holders) {
    const former = journal.claims.get(key);
    if (former && former.claim !== holder?.claim) {
      journal.hosts.remove(former.claim);
      journal.histories.remove(former.claim);
    }
    if (holder === null) journal.claims.remove(key);
    else journal.claims.put(key, claimOf(name, holder));
  }
  for (const { job, ticket } of tickets) {
    if (ticket === null) journal.tickets.remove(job);
    else {
      const { id, tag, seq, since, overtaken } = ticket;
      journal.tickets.put(job, { id, tag, seq, since, overtaken });
    }
  }
  journal.counters.put("tickets", counts.tickets);
  journal.counters.put("claims", counts.claims);
}

function claimOf(name: string, holder: NonNullable<ArbiterChange["holders"][number]["holder"]>): ClaimRecord {
  const { claim, workspace, rrid, job, since, hold } = holder;
  const slots = holder.slots.map((slot) => ({ ...slot, addons: [...slot.addons] }));
  return { claim, name, workspace, rrid, job, slots, since, state: hold.state };
}
