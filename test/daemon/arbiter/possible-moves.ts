import type { HostFault } from "../../../packages/daemon/src/arbiter/events.ts";
import { deadline } from "../../../packages/daemon/src/arbiter/patience.ts";
import type { ArbiterState, HostRecord, Ticket } from "../../../packages/daemon/src/arbiter/state.ts";
import { FORGET_MS } from "../../../packages/daemon/src/arbiter/tick.ts";
import type { Move } from "./machine.ts";
import type { World } from "./scenario.ts";

/** What may happen next: first a moment may come, then these events follow each other. */
export interface Choice {
  readonly moves: readonly Move[];
  readonly due?: Due;
  /** The daemon dies and starts again. */
  readonly restart?: true;
}

/** Timers that are over, whatever their clocks said. */
export interface Due {
  /** Hosts whose back-off or poll is over. */
  readonly hosts: ReadonlySet<string>;
  /** Hosts that may be tried again to be released. */
  readonly releases: ReadonlySet<string>;
  /** Tickets whose patience is over. */
  readonly tickets: ReadonlySet<string>;
  /** Hosts of which nobody has heard for so long that their news are forgotten. */
  readonly forgotten: ReadonlySet<string>;
  /** By host: whose attempts failed there before, whatever was remembered. */
  readonly blamed: ReadonlyMap<string, string>;
}

const cancelled = { kind: "request.cancelled", message: "no", retryable: false } as const;
const broken = { kind: "internal", message: "broke", retryable: false } as const;
/** No timer is over. */
export const nothing: Due = {
  hosts: new Set(),
  releases: new Set(),
  tickets: new Set(),
  forgotten: new Set(),
  blamed: new Map(),
};

/** Everything that the scenario allows in this state, always in the same order for states with one code. */
export function choicesOf(world: World, state: ArbiterState, now: number): Choice[] {
  const choices: Choice[] = [];
  const add = (...moves: Move[]) => void choices.push({ moves });
  for (const workspace of world.workspaces) requests(world, state, { workspace, add });
  for (const { id } of state.queue) {
    const ticket = state.tickets.get(id);
    if (!ticket) continue;
    if (ticket.phase.state === "waiting" || !ticket.phase.doomed)
      add({ type: "cancel", ticket: id, error: cancelled });
    if (ticket.phase.state === "acquiring") answers(world, state, { ticket, choices });
  }
  for (const key of world.hosts) {
    const host = state.hosts.get(key);
    if (host?.holder) holds(world, { host, add });
    if (world.scenario.health?.includes(key)) {
      add({ type: "health", host: key, reason: "bad" });
      if (host?.health || host?.foreign) add({ type: "health", host: key, reason: null });
    }
  }
  moments(world, state, { now, choices });
  if (world.scenario.restarts) choices.push({ moves: [], restart: true });
  return choices;
}

type Add = (...moves: Move[]) => void;

function requests(
  world: World,
  state: ArbiterState,
  { workspace, add }: { workspace: string; add: Add },
): void {
  let tickets = 0;
  for (const ticket of state.tickets.values()) if (ticket.workspace === workspace) tickets += 1;
  if (tickets < world.ticketsEach) {
    for (const ask of world.asks)
      if (ask.workspace === workspace) add({ type: "request", request: ask.request });
  }
  let holds = false;
  for (const { holder } of state.hosts.values()) {
    if (holder?.workspace === workspace && holder.hold.state === "claimed") holds = true;
  }
  if (holds || tickets > 0) add({ type: "close", workspace });
}

function answers(
  world: World,
  state: ArbiterState,
  { ticket, choices }: { ticket: Ticket; choices: Choice[] },
): void {
  if (ticket.phase.state !== "acquiring") return;
  const { id, attempt } = ticket;
  const { assigned } = ticket.phase;
  const { leftovers } = world.scenario;
  const live = assigned.filter(({ key, claim }) => {
    const holder = state.hosts.get(key)?.holder;
    return holder?.claim === claim && holder.hold.state === "acquiring";
  });
  const leave = live.map(({ claim }): Move => ({ type: "releasing", claim, reason: "left" }));
  for (const faults of combinations(world, assigned)) {
    const answer: Move = { type: "attempted", ticket: id, attempt, faults, jitter: 0.5 };
    for (const blamed of pasts(world, state, { ticket, faults })) {
      const due = blamed.size > 0 ? { due: { ...nothing, blamed } } : {};
      // What was given up under way makes the attempt fail.
      if (faults.size > 0 || live.length === assigned.length) choices.push({ moves: [answer], ...due });
      if (faults.size === 0 || leftovers !== "at the end") continue;
      for (const left of leave) choices.push({ moves: [left, answer], ...due });
    }
  }
  choices.push({ moves: [{ type: "broken", ticket: id, attempt, error: broken }] });
  if (leftovers === "at any time") for (const left of leave) choices.push({ moves: [left] });
}

/** Who may have found the hosts that fail now dead before: this workspace or another one. */
function pasts(
  world: World,
  state: ArbiterState,
  { ticket, faults }: { ticket: Ticket; faults: ReadonlyMap<string, HostFault> },
): ReadonlyMap<string, string>[] {
  const other = world.workspaces.find((workspace) => workspace !== ticket.workspace) ?? "";
  let all: [string, string][][] = [[]];
  for (const [key, { kind }] of faults) {
    const health = state.hosts.get(key)?.health;
    if (kind !== "unreachable" || !health || health.kind === "quarantined") continue;
    all = all.flatMap((list): [string, string][][] => [
      [...list, [key, ticket.workspace]],
      [...list, [key, other]],
    ]);
  }
  return all.map((list) => new Map(list));
}

/** No fault, a fault on any one of the hosts, faults on several. */
function combinations(world: World, assigned: readonly { key: string }[]): ReadonlyMap<string, HostFault>[] {
  let all: [string, HostFault][][] = [[]];
  for (const { key } of assigned) {
    if (!(world.scenario.troubled?.includes(key) ?? true)) continue;
    all = all.flatMap((list) => [
      list,
      ...world.scenario.faults.map((fault): [string, HostFault][] => [...list, [key, fault]]),
    ]);
  }
  return all.map((list) => new Map(list));
}

function holds(world: World, { host, add }: { host: HostRecord; add: Add }): void {
  const { key, holder } = host;
  if (!holder || holder.hold.state === "acquiring") return;
  add({ type: "release", claim: holder.claim });
  if (holder.hold.state !== "claimed") return;
  if (world.scenario.leftovers) add({ type: "releasing", claim: holder.claim, reason: "left" });
  if (!world.scenario.takeovers) return;
  for (const workspace of world.workspaces) {
    if (workspace === holder.workspace) continue;
    const by = { workspace, rrid: null, job: null };
    add({ type: "takeover", host: key, claim: holder.claim, by, reason: "r" });
  }
}

/**
 * The alarm rings for any set of the hosts that wait for a moment (several may be due at one moment),
 * for any one ticket, for any one release. With a late alarm other events may come in between. When news
 * are forgotten has no moment of its own: no alarm is set for it and nothing but a tick looks at their age, so that
 * they are fresh until a tick that drops them.
 */
function moments(
  world: World,
  state: ArbiterState,
  { now, choices }: { now: number; choices: Choice[] },
): void {
  const tick: Move = { type: "tick" };
  const hosts = world.hosts.filter((key) => isPending(state.hosts.get(key), now));
  const ring = (due: Partial<Due>) => {
    const whole = { ...nothing, ...due };
    choices.push({ moves: [tick], due: whole });
    if (world.scenario.lateAlarm) choices.push({ moves: [], due: whole });
  };
  for (let set = 1; set < 2 ** hosts.length; set++) {
    ring({ hosts: new Set(hosts.filter((_, index) => set & (1 << index))) });
  }
  for (const key of world.hosts) {
    const host = state.hosts.get(key);
    if ((host?.health || host?.foreign) && !host.holder && !state.wanting.has(key))
      choices.push({ moves: [tick], due: { ...nothing, forgotten: new Set([key]) } });
  }
  for (const key of world.hosts) {
    if (state.hosts.get(key)?.holder?.hold.state === "releasing") ring({ releases: new Set([key]) });
  }
  for (const { id } of state.queue) {
    const ticket = state.tickets.get(id);
    if (ticket?.phase.state !== "waiting" || !Number.isFinite(ticket.wait.own)) continue;
    if (deadline(ticket) > now) ring({ tickets: new Set([id]) });
  }
  if (state.wakeAt <= now) choices.push({ moves: [tick] });
}

function isPending(host: HostRecord | undefined, now: number): boolean {
  return (host?.health?.retryAt ?? 0) > now || (host?.foreign?.retryAt ?? 0) > now;
}

/** The same state at a moment at which these timers are over. */
export function elapsed(state: ArbiterState, due: Due, now: number): ArbiterState {
  const hosts = new Map(state.hosts);
  const tickets = new Map(state.tickets);
  for (const key of [...due.hosts, ...due.forgotten]) {
    const host = hosts.get(key);
    if (!host) continue;
    const { health, foreign } = host;
    const seenAt = due.forgotten.has(key) ? now - FORGET_MS : now;
    hosts.set(key, {
      ...host,
      health: health && { ...health, seenAt, retryAt: Math.min(health.retryAt, now) },
      foreign: foreign && { ...foreign, seenAt, retryAt: Math.min(foreign.retryAt, now) },
    });
  }
  for (const [key, workspace] of due.blamed) {
    const host = hosts.get(key);
    if (host?.health) hosts.set(key, { ...host, health: { ...host.health, workspaces: [workspace] } });
  }
  for (const key of due.releases) {
    const host = hosts.get(key);
    const hold = host?.holder?.hold;
    if (host?.holder && hold?.state === "releasing") {
      hosts.set(key, { ...host, holder: { ...host.holder, hold: { ...hold, retryAt: now } } });
    }
  }
  for (const id of due.tickets) {
    const ticket = tickets.get(id);
    if (ticket) tickets.set(id, { ...ticket, stretch: now, spent: ticket.wait });
  }
  const isMoment = due.blamed.size === 0;
  return { ...state, hosts, tickets, wakeAt: isMoment ? Math.min(state.wakeAt, now) : state.wakeAt };
}
