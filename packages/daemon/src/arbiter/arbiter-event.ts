import type { Effect } from "./events.ts";
import type { ArbiterState, Holder } from "./state.ts";
import { plain } from "./why-not.ts";

/** What the arbiter tells the world; also what the journal hook is given. */
export interface ArbiterEvent {
  type:
    | "claim.granted"
    | "claim.adopted"
    | "claim.releasing"
    | "claim.release-due"
    | "claim.released"
    | "claim.lost"
    | "ticket.queued"
    | "ticket.granted"
    | "ticket.failed"
    | "host.quarantined"
    | "host.recovered";
  workspace?: string;
  job?: string;
  host?: string;
  text?: string;
  data?: Record<string, unknown>;
}

/** `before` still knows the tickets that the effect ended. */
export function arbiterEvents(
  effect: Effect,
  { before, after }: { before: ArbiterState; after: ArbiterState },
): ArbiterEvent[] {
  switch (effect.type) {
    case "queued":
    case "failed": {
      const ticket = before.tickets.get(effect.ticket) ?? after.tickets.get(effect.ticket);
      if (!ticket) return [];
      const base = { ...owner(ticket), data: { ticket: ticket.id } };
      return effect.type === "queued"
        ? [{ ...base, type: "ticket.queued" }]
        : [
            {
              ...base,
              type: "ticket.failed",
              text: effect.error.message,
              data: { ticket: ticket.id, kind: effect.error.kind },
            },
          ];
    }
    case "granted": {
      const ticket = before.tickets.get(effect.ticket);
      if (!ticket) return [];
      const claims = effect.assigned.flatMap(({ key, name }): ArbiterEvent[] => {
        const holder = after.hosts.get(key)?.holder;
        return holder ? [{ ...held("claim.granted", holder, { key, name }) }] : [];
      });
      return [
        ...claims,
        { ...owner(ticket), type: "ticket.granted", data: { ticket: ticket.id, waited: effect.waited } },
      ];
    }
    case "released":
      return [held("claim.released", effect.holder, { key: effect.host, name: effect.name })];
    case "releasing":
      return [
        {
          ...held("claim.releasing", effect.holder, { key: effect.host, name: effect.name }),
          text: plain(effect.reason),
        },
      ];
    case "releaseDue":
      return [held("claim.release-due", effect.holder, { key: effect.host, name: effect.name })];
    case "takenOver": {
      const host = { key: effect.host, name: effect.name };
      const text = `taken over by workspace ${effect.to.workspace}: ${plain(effect.reason)}`;
      return [{ ...held("claim.lost", effect.from, host), text }, held("claim.granted", effect.to, host)];
    }
    case "quarantined":
      return [
        {
          type: "host.quarantined",
          host: effect.name,
          text: plain(effect.reason),
          data: { key: effect.host, until: effect.until },
        },
      ];
    case "recovered":
      return [{ type: "host.recovered", host: effect.name, data: { key: effect.host } }];
    case "adopted":
      return [held("claim.adopted", effect.holder, { key: effect.host, name: effect.name })];
    case "attempt":
    case "abort":
    case "undo":
    case "refused":
      return [];
  }
}

function owner({ workspace, job }: { workspace: string; job: string | null }): {
  workspace: string;
  job?: string;
} {
  return job === null ? { workspace } : { workspace, job };
}

function held(type: ArbiterEvent["type"], holder: Holder, host: { key: string; name: string }): ArbiterEvent {
  return {
    ...owner(holder),
    type,
    host: host.name,
    data: { claim: holder.claim, key: host.key, rrid: holder.rrid },
  };
}
