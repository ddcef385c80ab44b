import type { Effect, RequestFields } from "../../../packages/daemon/src/arbiter/events.ts";
import {
  type ArbiterState,
  type Holder,
  initialState,
  type Ticket,
} from "../../../packages/daemon/src/arbiter/state.ts";
import type { step as arbiterStep } from "../../../packages/daemon/src/arbiter/step.ts";

/**
 * The daemon dies and starts again: claims are adopted, attempts have left something on their hosts,
 * and who waited asks again with the place that he had. What was known of the hosts is gone.
 */
export function restarted(
  before: ArbiterState,
  { now, step }: { now: number; step: typeof arbiterStep },
): { state: ArbiterState; effects: readonly Effect[] } {
  const counts = { tickets: before.ticketCount, claims: before.claimCount };
  let state = initialState({ ...before.config, counts });
  const effects: Effect[] = [];
  const send = (event: Parameters<typeof step>[1]) => {
    const result = step(state, event);
    state = result.state;
    effects.push(...result.effects);
  };
  for (const { key, name, holder } of before.hosts.values()) {
    if (holder)
      send({
        type: "adopt",
        at: now,
        host: key,
        name,
        holder: afterwards(holder, now + before.config.pollMs),
      });
  }
  const living = before.queue
    .flatMap(({ id }) => before.tickets.get(id) ?? [])
    .filter((ticket) => !isDoomed(ticket));
  for (const ticket of living) send({ type: "request", at: now, request: sameRequest(ticket, now) });
  checkKept(before, state, { living, effects });
  return { state, effects };
}

function isDoomed({ phase }: Ticket): boolean {
  return phase.state === "acquiring" && phase.doomed !== null;
}

function afterwards(holder: Holder, retryAt: number): Holder {
  if (holder.hold.state === "claimed") return holder;
  return { ...holder, hold: { state: "releasing", reason: "the daemon was restarted", tries: 0, retryAt } };
}

function sameRequest(ticket: Ticket, now: number): RequestFields {
  const { workspace, namespace, rrid, job, wait, partial, id, tag, seq, overtaken } = ticket;
  const slots = ticket.slots.map((slot, index) => ({
    slot,
    candidates: ticket.wants.find((want) => want.slots.includes(index))?.candidates ?? [],
  }));
  const place = { id, tag, seq, since: now, overtaken };
  return { workspace, namespace, rrid, job, slots, wait, partial, place };
}

/** Every claim is there again, and everybody who waited, in the same order or told why not. */
function checkKept(
  before: ArbiterState,
  after: ArbiterState,
  { living, effects }: { living: readonly Ticket[]; effects: readonly Effect[] },
): void {
  for (const [key, { holder }] of before.hosts) {
    if (holder && after.hosts.get(key)?.holder?.claim !== holder.claim)
      throw new Error(`invariant: ${key} of ${holder.workspace} was lost in a restart`);
  }
  const ended = new Set(
    effects.flatMap((effect) =>
      effect.type === "failed" || effect.type === "granted" ? [effect.ticket] : [],
    ),
  );
  const left = living.filter(({ id }) => !ended.has(id)).map(({ id }) => id);
  if (after.queue.map(({ id }) => id).join() !== left.join())
    throw new Error(
      `invariant: after a restart wait ${after.queue.map(({ id }) => id).join()}, not ${left.join()}`,
    );
}
