import { foldWants } from "../../../packages/daemon/src/arbiter/folding.ts";
import { deadline } from "../../../packages/daemon/src/arbiter/patience.ts";
import type {
  ArbiterState,
  Assignment,
  Holder,
  HostRecord,
  QueueEntry,
  Served,
  Ticket,
  Want,
} from "../../../packages/daemon/src/arbiter/state.ts";
import { slot } from "./shell-lab.ts";
import { FORGET_MS } from "../../../packages/daemon/src/arbiter/tick.ts";
import type { World } from "./scenario.ts";

/**
 * A state of the arbiter as a few bytes, and back. Two states with one code behave alike, now and
 * ever after; the code leaves out only what cannot matter:
 *
 * - Times count as due or not yet due. How long a back-off or a patience lasts is left to chance: the
 *   exploration lets any set of them end at any moment, so that counters of failures and tries, from which
 *   alone the lengths follow, decide nothing. This allows all that a clock allows, and more.
 * - How old the news of a host are: any tick may forget them. Only ticks look at their age, and what one
 *   forgets while it does other things is the same forgotten by the next one, so that no state is missed.
 * - `lastUsed` counts by its order, and only where it is compared: among the hosts without an owner or
 *   being acquired, and among the hosts that one workspace has claimed. A release writes it anew.
 * - Who has what is kept by place in the queue and not by id: ids are only compared. A claim is its host's
 *   present one or void.
 * - A host that is being released is nobody's; by whom does not matter (its claim alone is named).
 * - A dirty host and one that does not connect wait alike. Whose attempts failed there before is left to
 *   chance, too: the exploration lets it be the same workspace and another one.
 * - The turns of the queue count from the first. No turn below it matters, and gaps between turns
 *   where nobody can come in any more are closed (`closeGaps`).
 * - A host without owner, news and waiters is as good as unknown.
 *
 * test/daemon/arbiter/state-code.test.ts compares the successors of states with those of their codes, and
 * long histories with a real clock with the explored graph.
 */

/**
 * The moment at which every decoded state stands; all that is not yet due is due one poll later. Late enough that
 * news can be old enough to be forgotten.
 */
export const NOW = 10 * FORGET_MS;

const FREE = 0;
const ACQUIRING = 1;
const RELEASING = 2;
const CLAIMED = 3;

const STALE = 4;
const SERVED = 7;

const ILL = 1;
const QUARANTINED = 2;
const PER_HOST = 2;
const PER_TICKET = 5;

export function codeLength(world: World): number {
  const tickets = world.workspaces.length * world.ticketsEach;
  return world.hosts.length * PER_HOST + tickets * PER_TICKET + world.namespaces.length + 2;
}

export function encode(
  world: World,
  state: ArbiterState,
  { now, into }: { now: number; into: Uint8Array },
): void {
  into.fill(0);
  const { hosts } = world;
  let at = 0;
  for (const key of hosts) {
    const host = state.hosts.get(key);
    if (host) {
      into[at] = ownerCode(world, host) | (lastUsedRank(world, state, host) << 4);
      into[at + 1] = newsCode(host, now);
    }
    at += PER_HOST;
  }
  into[at] = state.queue.length;
  into[at + 1] = world.scenario.lateAlarm && state.wakeAt <= now ? 1 : 0;
  at += 2;
  const turns = turnCodes(world, state);
  for (const namespace of world.namespaces)
    into[at++] = turns.of(state.turns.get(namespace) ?? Number.NEGATIVE_INFINITY);
  for (const entry of state.queue) {
    const ticket = state.tickets.get(entry.id);
    if (!ticket) throw new Error(`${entry.id} is queued and unknown`);
    encodeTicket(world, state, { ticket, turn: turns.of(entry.tag), now, into, at });
    at += PER_TICKET;
  }
}

function ownerCode(world: World, { holder }: HostRecord): number {
  if (!holder) return FREE;
  switch (holder.hold.state) {
    case "acquiring":
      return ACQUIRING;
    case "releasing":
      return RELEASING;
    case "claimed":
      return CLAIMED + world.workspaces.indexOf(holder.workspace);
  }
}

/** Who is compared with whom. */
function group({ holder }: HostRecord): string | null {
  if (!holder || holder.hold.state === "acquiring") return "";
  return holder.hold.state === "claimed" ? holder.workspace : null;
}

function lastUsedRank(world: World, state: ArbiterState, host: HostRecord): number {
  const mine = group(host);
  if (mine === null || host.lastUsed === 0) return 0;
  const earlier: number[] = [];
  for (const key of world.hosts) {
    const other = state.hosts.get(key);
    // A host that is unknown was never used.
    const used = other?.lastUsed ?? 0;
    if (used < host.lastUsed && (other ? group(other) : "") === mine && !earlier.includes(used))
      earlier.push(used);
  }
  return earlier.length;
}

function newsCode({ health, foreign }: HostRecord, now: number): number {
  let code = 0;
  if (health)
    code = (health.kind === "quarantined" ? QUARANTINED : ILL) | (health.retryAt <= now ? 1 << 4 : 0);
  if (foreign) code |= (foreign.retryAt <= now ? 2 : 1) << 5;
  return code;
}

/** From turns to small numbers: 0 = below the first of the queue, 1 = the first. */
function turnCodes(world: World, state: ArbiterState): { of: (turn: number) => number } {
  const first = state.queue[0]?.tag;
  if (first === undefined) return { of: () => 0 };
  let isApart = state.queue.at(-1)?.tag !== first;
  for (const turn of state.turns.values()) if (turn > first) isApart = true;
  if (!isApart) return { of: (turn) => (turn === first ? 1 : 0) };
  const used = new Set<number>([first]);
  for (const { tag } of state.queue) used.add(tag);
  for (const turn of state.turns.values()) if (turn > first) used.add(turn);
  const sorted = [...used].sort((a, b) => a - b);
  const codes = new Map<number, number>();
  let code = 1;
  sorted.forEach((turn, index) => {
    const before = sorted[index - 1] ?? turn;
    code += isOutOfReach(world, state, before) ? Math.min(turn - before, 1) : turn - before;
    codes.set(turn, code);
  });
  if (code > 15) throw new Error(`the turns of the queue run apart: ${sorted.join()}`);
  return { of: (turn) => codes.get(turn) ?? 0 };
}

/**
 * Can no new ticket get a turn between this and the next one in use? Not if all up to here belong to a
 * namespace that has room for one ticket alone: it can ask again only when that one is gone, and
 * then the next turn is the first of the queue. Nor if there is one namespace: it always goes to the end.
 */
function isOutOfReach(world: World, state: ArbiterState, turn: number): boolean {
  if (world.namespaces.length === 1) return true;
  const first = state.queue[0]?.tag ?? 0;
  const below = new Set<string>();
  for (const { id, tag } of state.queue) if (tag <= turn) below.add(state.tickets.get(id)?.namespace ?? "");
  for (const [name, last] of state.turns) if (last >= first && last <= turn) below.add(name);
  const [only] = below;
  return below.size === 1 && only !== undefined && world.roomOf(only) === 1;
}

function encodeTicket(
  world: World,
  state: ArbiterState,
  {
    ticket,
    turn,
    now,
    into,
    at,
  }: { ticket: Ticket; turn: number; now: number; into: Uint8Array; at: number },
): void {
  let arrival = 0;
  for (const other of state.queue) if (other.seq < ticket.seq) arrival += 1;
  into[at] = Number(ticket.rrid);
  into[at + 1] = turn;
  const { wait, spent, phase } = ticket;
  const isOver = phase.state === "waiting" ? deadline(ticket) <= now : spent.own >= wait.own;
  const isSpent = Number.isFinite(wait.own) && isOver;
  into[at + 2] = arrival | (ticket.overtaken << 4) | (isSpent ? 1 << 7 : 0);
  if (phase.state !== "acquiring") return;
  const { assigned, served, overtook, doomed } = phase;
  let flags = (1 << 7) | (doomed ? 1 << 6 : 0);
  for (const id of overtook) {
    const index = state.queue.findIndex((entry) => entry.id === id);
    if (index >= 0) flags |= 1 << index;
  }
  into[at + 3] = flags;
  let wants = 0;
  for (const { key, claim, want } of assigned) {
    const live = state.hosts.get(key)?.holder?.claim === claim;
    wants |= (1 + world.hosts.indexOf(key) + (live ? 0 : STALE - 1)) << (4 * want);
  }
  for (const { want } of served) wants |= SERVED << (4 * want);
  into[at + 4] = wants;
}

const wantsOfAsk = new WeakMap<object, readonly Want[]>();

/** Wants are told apart by identity, so that tickets which may live at one time do not share them. */
function wantsOf(world: World, { request }: World["asks"][number]): readonly Want[] {
  const known = world.ticketsEach === 1 ? wantsOfAsk.get(request) : undefined;
  if (known) return known;
  const wants = foldWants(request.slots);
  wantsOfAsk.set(request, wants);
  return wants;
}

const problem = { kind: "host.unreachable", message: "no answer", retryable: true } as const;
const ended = { kind: "request.cancelled", message: "ended", retryable: false } as const;

/** The plainest state with this code. Claims are named for their hosts, tickets for their arrival. */
export function decode(world: World, code: Uint8Array): ArbiterState {
  const later = NOW + world.config.pollMs;
  const hosts = new Map<string, HostRecord>();
  const tickets = new Map<string, Ticket>();
  const queue: QueueEntry[] = [];
  const wanting = new Map<string, QueueEntry[]>();
  const capped: QueueEntry[] = [];
  const turns = new Map<string, number>();
  let wakeAt = Number.POSITIVE_INFINITY;
  const hostBytes = world.hosts.length * PER_HOST;
  const count = code[hostBytes] ?? 0;
  if (code[hostBytes + 1]) wakeAt = NOW;
  let at = hostBytes + 2;
  for (const namespace of world.namespaces) {
    const turn = code[at++] ?? 0;
    if (count > 0 && turn > 0) turns.set(namespace, turn);
  }
  const ticketsAt = at;
  const idAt = (place: number) => `t${1 + ((code[ticketsAt + place * PER_TICKET + 2] ?? 0) & 15)}`;
  /** Whose attempt has the host. */
  const holderOf = new Map<string, Ticket>();
  for (let place = 0; place < count; place++, at += PER_TICKET) {
    const ticket = decodeTicket(world, code, { at, idAt });
    const entry = { id: ticket.id, tag: ticket.tag, seq: ticket.seq };
    tickets.set(ticket.id, ticket);
    queue.push(entry);
    if (ticket.overtaken >= world.config.overtakes) capped.push(entry);
    for (const want of ticket.wants) {
      for (const { key } of want.candidates) {
        const entries = wanting.get(key);
        if (!entries) wanting.set(key, [entry]);
        else if (entries.at(-1) !== entry) entries.push(entry);
      }
    }
    if (ticket.phase.state === "waiting") wakeAt = Math.min(wakeAt, deadline(ticket));
    else
      for (const { key, claim } of ticket.phase.assigned) if (claim === `c${key}`) holderOf.set(key, ticket);
  }
  world.hosts.forEach((key, index) => {
    const owner = code[index * PER_HOST] ?? 0;
    const news = code[index * PER_HOST + 1] ?? 0;
    if (owner === 0 && news === 0 && !wanting.has(key)) return;
    const retryAt = news & 16 ? NOW : later;
    const health =
      (news & 3) === 0
        ? null
        : ({
            kind: (news & 3) === QUARANTINED ? "quarantined" : "unreachable",
            reason: "no answer",
            report: problem,
            since: 0,
            seenAt: NOW,
            retryAt,
            failures: 1,
            workspaces: [],
          } as const);
    if (retryAt > NOW && health) wakeAt = Math.min(wakeAt, retryAt);
    const lock = news >> 5;
    const foreign =
      lock === 0 ? null : { text: "locked", since: null, seenAt: NOW, retryAt: lock === 2 ? NOW : later };
    if (lock === 1) wakeAt = Math.min(wakeAt, later);
    const holder = decodeHolder(world, { key, owner: owner & 15, ticket: holderOf.get(key) });
    if (holder?.hold.state === "releasing") wakeAt = Math.min(wakeAt, later);
    hosts.set(key, { key, name: key, holder, health, foreign, lastUsed: owner >> 4 });
  });
  const ticketCount = 100;
  const claimCount = 100;
  return {
    config: world.config,
    hosts,
    tickets,
    queue,
    wanting,
    capped,
    turns,
    ticketCount,
    claimCount,
    wakeAt,
  };
}

function decodeTicket(
  world: World,
  code: Uint8Array,
  { at, idAt }: { at: number; idAt: (place: number) => string },
): Ticket {
  const number = code[at] ?? 0;
  const ask = world.asks[number];
  if (!ask) throw new Error(`no request ${number}`);
  const { workspace, namespace, rrid, wait, partial } = ask.request;
  const progress = code[at + 2] ?? 0;
  const flags = code[at + 3] ?? 0;
  const places = code[at + 4] ?? 0;
  const seq = 1 + (progress & 15);
  const wants = wantsOf(world, ask);
  const assigned: Assignment[] = [];
  const served: Served[] = [];
  if (flags & 128) {
    wants.forEach(({ slots }, want) => {
      const place = (places >> (4 * want)) & 15;
      if (place === SERVED) served.push({ claim: "own", want, slots });
      else if (place > 0) {
        const isLive = place < STALE;
        const key = world.hosts[(place - 1) % 3] ?? "";
        assigned.push({ claim: isLive ? `c${key}` : "void", key, name: key, want, slots });
      }
    });
  }
  const overtook: string[] = [];
  for (let place = 0; place < 6; place++) if (flags & (1 << place)) overtook.push(idAt(place));
  const doomed = flags & 64 ? ended : null;
  const used = progress & 128 ? wait.own : 0;
  return {
    id: `t${seq}`,
    seq,
    tag: code[at + 1] ?? 0,
    workspace,
    namespace: namespace ?? "",
    rrid,
    job: null,
    slots: ask.request.slots.map((entry) => entry.slot),
    wants,
    partial,
    since: NOW,
    phase: flags & 128 ? { state: "acquiring", assigned, served, overtook, doomed } : { state: "waiting" },
    attempt: flags & 128 ? 1 : 0,
    overtaken: (progress >> 4) & 7,
    wait,
    spent: { own: used, foreign: used },
    waitsFor: "own",
    stretch: NOW,
  };
}

function decodeHolder(
  world: World,
  { key, owner, ticket }: { key: string; owner: number; ticket: Ticket | undefined },
): Holder | null {
  if (owner === FREE) return null;
  const workspace =
    owner >= CLAIMED ? world.workspaces[owner - CLAIMED] : (ticket?.workspace ?? world.workspaces[0]);
  const hold: Holder["hold"] =
    owner === ACQUIRING
      ? { state: "acquiring", ticket: ticket?.id ?? "" }
      : owner === RELEASING
        ? { state: "releasing", reason: "left", tries: 0, retryAt: NOW + world.config.pollMs }
        : { state: "claimed" };
  const slots = [slot("P0")];
  return { claim: `c${key}`, workspace: workspace ?? "", rrid: null, job: null, slots, since: 0, hold };
}
