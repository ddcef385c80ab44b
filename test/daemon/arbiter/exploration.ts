import type { Effect, HostFault } from "../../../packages/daemon/src/arbiter/events.ts";
import { type ArbiterState, initialState } from "../../../packages/daemon/src/arbiter/state.ts";
import { step } from "../../../packages/daemon/src/arbiter/step.ts";
import { checkState } from "./invariants.ts";
import { type Move, request } from "./machine.ts";

export type Shape = readonly (readonly string[])[];

export interface Scenario {
  /** What each workspace may ask for; it asks again and again, also while it holds hosts. */
  readonly shapes: Readonly<Record<string, readonly Shape[]>>;
  readonly overtakes: number;
  readonly partial?: boolean;
  readonly takeovers?: boolean;
  /** What an attempt may find on any one of its hosts. */
  readonly faults: readonly HostFault[];
  /** May the lock file of a claim fail to go away? */
  readonly leftovers?: boolean;
}

interface Node {
  readonly state: ArbiterState;
  readonly now: number;
  readonly path: Path | null;
}

interface Path {
  readonly move: Move;
  readonly before: Path | null;
}

export interface Explored {
  readonly states: number;
  readonly moves: number;
  readonly complete: boolean;
}

/** Visits every state that the scenario can reach, checking each state and each step. */
export function explore(scenario: Scenario, limit = Number.POSITIVE_INFINITY): Explored {
  const config = { pollMs: 10, overtakes: scenario.overtakes, idPrefix: "" };
  const start: Node = { state: initialState(config), now: 0, path: null };
  const seen = new Set([fingerprint(start.state, 0)]);
  const todo: (Node | undefined)[] = [start];
  let moves = 0;
  // In order of distance, so that the story of a fault is the shortest there is.
  for (let index = 0; index < todo.length; index++) {
    const node = todo[index];
    if (!node) break;
    todo[index] = undefined;
    for (const move of possibleMoves(node.state, scenario)) {
      moves += 1;
      const now = move.type === "tick" ? Math.max(node.now, node.state.wakeAt) : node.now;
      const path = { move, before: node.path };
      const next = checkedStep(node, { move, now, path });
      const key = fingerprint(next.state, now);
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size >= limit) return { states: seen.size, moves, complete: false };
      todo.push(next);
    }
  }
  return { states: seen.size, moves, complete: true };
}

function checkedStep(node: Node, { move, now, path }: { move: Move; now: number; path: Path }): Node {
  try {
    const { state, effects } = step(node.state, { ...move, at: now });
    checkState(state, now);
    checkStep(node.state, state, { move, effects });
    return { state, now, path };
  } catch (thrown) {
    throw new Error(`${String(thrown)}\nafter:\n${story(path)}`, { cause: thrown });
  }
}

/** Tickets end exactly once and are told so; closed workspaces get nothing; hosts change hands by effects alone. */
export function checkStep(
  before: ArbiterState,
  after: ArbiterState,
  { move, effects }: { move: Move; effects: readonly Effect[] },
): void {
  const known = new Set(before.tickets.keys());
  for (const effect of effects) if (effect.type === "queued") known.add(effect.ticket);
  const ends = effects.filter(({ type }) => type === "granted" || type === "failed" || type === "undo");
  for (const id of known) {
    const ended = ends.filter((effect) => "ticket" in effect && effect.ticket === id).length;
    if (ended !== (after.tickets.has(id) ? 0 : 1)) throw new Error(`invariant: ${id} ended ${ended} times`);
  }
  for (const effect of effects) {
    if (effect.type !== "granted") continue;
    const ticket = before.tickets.get(effect.ticket);
    if (ticket?.phase.state === "acquiring" && ticket.phase.doomed)
      throw new Error(`invariant: ${ticket.id} was granted after its end`);
    if (move.type === "close" && ticket?.workspace === move.workspace)
      throw new Error("invariant: a grant by closing");
  }
  for (const [key, host] of before.hosts) {
    const next = after.hosts.get(key)?.holder;
    if (!host.holder || next?.claim === host.holder.claim || host.holder.hold.state === "acquiring") continue;
    const told = effects.some(
      (effect) =>
        (effect.type === "released" && effect.holder.claim === host.holder?.claim) ||
        (effect.type === "takenOver" && effect.from.claim === host.holder?.claim),
    );
    if (!told) throw new Error(`invariant: ${key} left ${host.holder.workspace} without a word`);
  }
}

function possibleMoves(state: ArbiterState, scenario: Scenario): Move[] {
  const { shapes, partial = false, takeovers = false, leftovers = false } = scenario;
  const moves: Move[] = [];
  const busy = new Set([...state.tickets.values()].map(({ workspace }) => workspace));
  const names = Object.keys(shapes);
  names.forEach((workspace, index) => {
    // The first two stand in one queue, the third in its own.
    const namespace = index < 2 ? "x" : "y";
    if (!busy.has(workspace)) {
      for (const shape of shapes[workspace] ?? []) {
        moves.push({
          type: "request",
          request: request(workspace, shape, { namespace, partial: partial && index === 0 }),
        });
      }
    }
    const holds = [...state.hosts.values()].some((host) => host.holder?.workspace === workspace);
    if (holds || busy.has(workspace)) moves.push({ type: "close", workspace });
  });
  for (const ticket of state.tickets.values()) {
    moves.push({
      type: "cancel",
      ticket: ticket.id,
      error: { kind: "request.cancelled", message: "no", retryable: false },
    });
    if (ticket.phase.state !== "acquiring") continue;
    const answer = (faults: [string, HostFault][]): Move => ({
      type: "attempted",
      ticket: ticket.id,
      attempt: ticket.attempt,
      faults: new Map(faults),
      jitter: 0.5,
    });
    moves.push(answer([]));
    for (const { key, claim } of ticket.phase.assigned) {
      for (const fault of scenario.faults) moves.push(answer([[key, fault]]));
      if (leftovers && state.hosts.get(key)?.holder?.hold.state === "acquiring")
        moves.push({ type: "releasing", claim, reason: "left" });
    }
  }
  for (const { key, holder } of state.hosts.values()) {
    if (!holder || holder.hold.state === "acquiring") continue;
    moves.push({ type: "release", claim: holder.claim });
    if (holder.hold.state !== "claimed") continue;
    if (leftovers) moves.push({ type: "releasing", claim: holder.claim, reason: "left" });
    const by = names[(names.indexOf(holder.workspace) + 1) % names.length] ?? "w1";
    if (takeovers) {
      moves.push({
        type: "takeover",
        host: key,
        claim: holder.claim,
        by: { workspace: by, rrid: null, job: null },
        reason: "r",
      });
    }
  }
  if (Number.isFinite(state.wakeAt)) moves.push({ type: "tick" });
  return moves;
}

/**
 * Two states with one print behave alike: ids and ranks count by their order, times by being due or by the
 * order in which they come.
 */
function fingerprint(state: ArbiterState, now: number): string {
  const times = new Set<number>();
  for (const host of state.hosts.values()) {
    const hold = host.holder?.hold;
    for (const time of [
      host.health?.retryAt,
      host.foreign?.retryAt,
      hold?.state === "releasing" ? hold.retryAt : undefined,
    ]) {
      if (time !== undefined && time > now) times.add(time);
    }
  }
  const order = [...times].sort((a, b) => a - b);
  const when = (time: number | undefined) =>
    time === undefined ? "-" : time <= now ? 0 : 1 + order.indexOf(time);
  const arrivals = [...state.tickets.values()].map(({ seq }) => seq).sort((a, b) => a - b);
  const used = [...new Set([...state.hosts.values()].map(({ lastUsed }) => lastUsed))].sort((a, b) => a - b);
  const firstTag = state.queue[0]?.tag ?? 0;
  const number = (id: string) => state.queue.findIndex((entry) => entry.id === id);
  const hosts = [...state.hosts.values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map((host) => {
      const { holder, health } = host;
      const hold = holder?.hold;
      const held =
        hold &&
        `${holder.workspace}${hold.state}${hold.state === "acquiring" ? number(hold.ticket) : ""}${hold.state === "releasing" ? when(hold.retryAt) : ""}`;
      const ill = health && `${health.kind}${health.workspaces.join()}${when(health.retryAt)}`;
      return [host.key, held, ill, when(host.foreign?.retryAt), used.indexOf(host.lastUsed)].join("/");
    });
  const tickets = state.queue.map(({ id, tag, seq }) => {
    const ticket = state.tickets.get(id);
    if (!ticket) return "?";
    const wants = ticket.wants.map((want) => want.candidates.map(({ key }) => key).join("")).join("+");
    const phase =
      ticket.phase.state === "waiting"
        ? "w"
        : `a${ticket.phase.overtook.map(number).join("")}${ticket.phase.doomed ? "d" : ""}${ticket.phase.served.length}`;
    return [
      ticket.workspace,
      wants,
      phase,
      tag - firstTag,
      arrivals.indexOf(seq),
      ticket.overtaken,
      ticket.waitsFor,
    ].join("/");
  });
  const turns = [...state.turns].map(([name, tag]) => `${name}${Math.max(-1, tag - firstTag)}`).sort();
  return [hosts.join(" "), tickets.join(" "), state.queue.length > 0 ? turns.join(" ") : ""].join("|");
}

function story(path: Path): string {
  const lines: string[] = [];
  for (let at: Path | null = path; at; at = at.before) {
    lines.unshift(describe(at.move));
  }
  return lines.join("\n");
}

function describe(move: Move): string {
  if (move.type === "request") {
    const { workspace, slots, partial } = move.request;
    return `${workspace} requests ${slots.map(({ candidates }) => candidates.map(({ key }) => key).join("|")).join(" + ")}${partial ? " (partial)" : ""}`;
  }
  return JSON.stringify(move, (_key, value) => (value instanceof Map ? Object.fromEntries(value) : value));
}
