import { toMtuiError } from "@mtui/core/protocol";
import type { TicketView } from "../arbiter/index.ts";
import type { Log } from "../log/index.ts";

/** Of so many hosts the log says what is in the way. */
const NAMED = 8;

/** A request for hosts, as the log tells of it: that it begins to wait, for what and how long, and that it has given up. */
export function loggedWait(
  log: Log,
  { workspace, job }: { workspace: string; job: string | null },
): { onTicket(view: TicketView | null): void; failed(thrown: unknown): void } {
  const who = `workspace ${workspace}: ${job ?? "a request for hosts"}`;
  let told = false;
  return {
    onTicket(view) {
      if (view === null || told) return;
      told = true;
      log("warn", `${who} waits for hosts, ${howLong(view)}: ${whatFor(view)}`);
    },
    failed(thrown) {
      const { kind, message } = toMtuiError(thrown);
      if (kind === "wait.timeout") log("warn", `${who} has waited in vain: ${message}`);
    },
  };
}

function howLong({ since, until }: TicketView): string {
  return until === null ? "as long as it takes" : `at most ${Math.round((until - since) / 1000)} s`;
}

function whatFor({ slots }: TicketView): string {
  const why = new Map(
    slots.flatMap(({ candidates }) => candidates.map(({ host, why_not }) => [host, why_not])),
  );
  const named = [...why].slice(0, NAMED).map(([host, whyNot]) => `${host} (${whyNot})`);
  return [...named, ...(why.size > NAMED ? [`and ${why.size - NAMED} more`] : [])].join(", ");
}
