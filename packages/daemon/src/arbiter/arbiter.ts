import { fromReport, type MtuiError } from "@mtui/core/protocol";
import { arbiterEvents } from "./arbiter-event.ts";
import { checkRequest } from "./check-request.ts";
import { Alarm } from "./alarm.ts";
import type { Claim, ClaimFields } from "./claim.ts";
import { changesBetween } from "./changes.ts";
import { ClaimBook } from "./claim-book.ts";
import { cancelError, stoppingError } from "./endings.ts";
import type { Effect, Event } from "./events.ts";
import { InOrder } from "./in-order.ts";
import { type PendingClaim, pendingClaim } from "./pending-claim.ts";
import type {
  ArbiterOptions,
  Attempt,
  ClaimOptions,
  ClaimRequest,
  Granted,
  HostArbiter,
  TakeoverOptions,
} from "./ports.ts";
import { RestoreGate } from "./restore-gate.ts";
import { type ArbiterState, type Holder, initialState } from "./state.ts";
import { step } from "./step.ts";
import { TicketFeed } from "./ticket-feed.ts";
import { type TroubleView, troubleView } from "./trouble-view.ts";
import { queueView, type QueueView, ticketView } from "./view.ts";
import { WaitingCalls } from "./waiting-calls.ts";

/** How long the end waits for attempts to take back what they did. */
const STOP_MS = 10_000;

/**
 * The async shell around `step`: feeds it events with the time, carries out its effects in order, and
 * keeps the one timer. It decides nothing. A claim is minted here and nowhere else.
 */
export function createArbiter(options: ArbiterOptions): HostArbiter {
  return new ArbiterShell(options);
}

type Untimed<E> = E extends { at: number } ? Omit<E, "at"> : never;

class ArbiterShell implements HostArbiter {
  readonly #options: ArbiterOptions;
  readonly #calls: WaitingCalls;
  readonly #claims = new ClaimBook();
  readonly #alarm: Alarm;
  readonly #todo = new InOrder();
  #state: ArbiterState;
  readonly #gate: RestoreGate;
  #stopping = false;
  #suspended = false;

  constructor(options: ArbiterOptions) {
    this.#options = options;
    const { places, counts } = options.former ?? {};
    this.#gate = new RestoreGate(places);
    this.#state = initialState({
      pollMs: Math.max(1, options.pollSeconds * 1000),
      overtakes: options.overtakes ?? 8,
      ...(counts === undefined ? {} : { counts }),
    });
    const after = (ms: number, run: () => void) => options.scheduler.after(ms, run);
    this.#alarm = new Alarm({ now: options.now, after });
    const describe = (id: string) => {
      const ticket = this.#state.tickets.get(id);
      return ticket ? ticketView(this.#state, ticket, options.now()) : null;
    };
    this.#calls = new WaitingCalls(new TicketFeed({ describe, after }));
  }

  async claim<T>(
    request: ClaimRequest,
    attempt: Attempt<T>,
    options: ClaimOptions<T> = {},
  ): Promise<Granted<T>> {
    const { signal } = options;
    if (this.#stopping) throw fromReport(stoppingError());
    const entering = this.#gate.enter(request.job);
    // Without an await where none is needed: those who ask one after the other stand one after the other.
    const place = entering instanceof Promise ? await entering : entering;
    if (this.#stopping) throw fromReport(stoppingError());
    if (signal?.aborted) throw fromReport(cancelError(signal));
    this.#options.journal?.assertWritable();
    const max = this.#options.maxTickets ?? 20_000;
    const fields = { ...checkRequest(request, { now: this.#state.tickets.size, max }), place };
    const { pending, result } = pendingClaim(attempt, options);
    const effects = this.#dispatch({ type: "request", request: fields }, pending);
    const ticket = effects.find((effect) => effect.type === "queued")?.ticket ?? "";
    const onAbort = () =>
      void (signal && this.#dispatch({ type: "cancel", ticket, error: cancelError(signal) }));
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await result;
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  release(claimId: string): boolean {
    return this.#dispatch({ type: "release", claim: claimId }).some((effect) => effect.type === "released");
  }

  markReleasing(claimId: string, reason: string): boolean {
    return this.#dispatch({ type: "releasing", claim: claimId, reason }).some(
      (effect) => effect.type === "releasing",
    );
  }

  ownerOf(hostKey: string): Claim | null {
    return this.#claims.get(this.#state.hosts.get(hostKey)?.holder?.claim);
  }

  claimsOf(workspace: string): Claim[] {
    return this.#claims.ofWorkspace(workspace);
  }

  closeWorkspace(workspace: string): Claim[] {
    this.#dispatch({ type: "close", workspace });
    return this.claimsOf(workspace).filter((claim) => this.#holder(claim)?.hold.state === "releasing");
  }

  view(): QueueView {
    return queueView(this.#state, this.#options.now());
  }

  troubles(): TroubleView[] {
    return troubleView(this.#state);
  }

  reportHealth(hostKey: string, reason: string | null): void {
    this.#dispatch({ type: "health", host: hostKey, reason });
  }

  takeover(hostKey: string, { seen, by, reason }: TakeoverOptions): Claim {
    return this.#claimAfter(
      this.#dispatch({ type: "takeover", host: hostKey, claim: seen, by, reason }),
      hostKey,
    );
  }

  adopt(fields: ClaimFields, options: { job?: string | null; releasing?: string } = {}): Claim {
    const { id: claim, hostKey: host, hostName: name, workspace, rrid, slots, since } = fields;
    const hold: Holder["hold"] =
      options.releasing === undefined
        ? { state: "claimed" }
        : { state: "releasing", reason: options.releasing, tries: 0, retryAt: this.#options.now() };
    const holder: Holder = { claim, workspace, rrid, job: options.job ?? null, slots, since, hold };
    return this.#claimAfter(this.#dispatch({ type: "adopt", host, name, holder }), host);
  }

  get expected(): ReadonlySet<string> {
    return this.#gate.missing;
  }

  notComing(job: string): void {
    this.#gate.notComing(job);
  }

  openToAll(): void {
    this.#gate.open();
  }

  suspend(): void {
    this.#suspended = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#gate.open();
    const ended = this.#calls.ended();
    for (const ticket of this.#calls.tickets)
      this.#dispatch({ type: "cancel", ticket, error: stoppingError() });
    const limit = Promise.withResolvers<void>();
    const stop = this.#options.scheduler.after(STOP_MS, () => limit.resolve());
    await Promise.race([ended, limit.promise]);
    stop();
    this.#alarm.stop();
    this.#calls.stop();
  }

  /**
   * The state changes at once; what follows from it is done in order, also when a listener calls back in.
   * @throws MtuiError state.io when something new is asked for that cannot be written down; nothing has changed then
   */
  #dispatch(event: Untimed<Event>, asker?: PendingClaim): readonly Effect[] {
    const before = this.#state;
    const { state, effects } = step(before, { ...event, at: this.#options.now() });
    const refused = this.#writeDown(before, state);
    if (refused !== null && isNew(event)) throw refused;
    this.#state = state;
    const news = effects.flatMap((effect) => arbiterEvents(effect, { before, after: state }));
    for (const effect of effects) {
      this.#claims.enter(effect, state);
      if (effect.type === "queued" && asker) this.#calls.enter(effect.ticket, asker);
      this.#todo.push(() => this.#carryOut(effect, refused));
    }
    for (const record of news) this.#todo.push(() => this.#options.onEvent?.(record));
    this.#todo.push(() => this.#calls.refresh(before, this.#state));
    this.#todo.run();
    this.#setAlarm();
    return effects;
  }

  /** Before anything follows from it. Tickets of those who go on after a restart stay written down. */
  #writeDown(before: ArbiterState, after: ArbiterState): MtuiError | null {
    const { journal } = this.#options;
    const change = journal && changesBetween(before, after);
    return change ? journal.record(this.#suspended ? { ...change, tickets: [] } : change) : null;
  }

  /** @param refused why it could not be written down: what is given back is given back all the same, nothing is taken */
  #carryOut(effect: Effect, refused: MtuiError | null): void {
    switch (effect.type) {
      case "attempt":
        void this.#attempt(effect, refused);
        return;
      case "abort":
        this.#calls.get(effect.ticket)?.abort(effect.error);
        return;
      case "granted":
        return this.#calls.end(effect.ticket, (pending) => {
          const claims = this.#claims.withSlots(effect.assigned);
          const served = this.#claims.withSlots(effect.served);
          pending.grant({ claims, served, unserved: [...effect.unserved], waitedMs: effect.waited });
        });
      case "failed":
        return this.#calls.end(effect.ticket, (pending) => pending.fail(effect.error));
      case "undo":
        void this.#undo(effect);
        return;
      default:
        return;
    }
  }

  async #attempt(effect: Extract<Effect, { type: "attempt" }>, refused: MtuiError | null): Promise<void> {
    const { ticket, attempt, assigned } = effect;
    const pending = this.#calls.get(ticket);
    if (!pending) return;
    const end =
      refused === null ? await pending.run(this.#claims.withSlots(assigned)) : { error: refused.toReport() };
    if ("error" in end) this.#dispatch({ type: "broken", ticket, attempt, error: end.error });
    else
      this.#dispatch({
        type: "attempted",
        ticket,
        attempt,
        faults: end.faults,
        jitter: this.#options.random(),
      });
    this.#claims.strike(assigned, this.#state);
  }

  /** An attempt that succeeded too late: its hosts stay `releasing` until they are clean again. */
  async #undo(effect: Extract<Effect, { type: "undo" }>): Promise<void> {
    const pending = this.#calls.get(effect.ticket);
    const left = await pending?.undo(this.#claims.withSlots(effect.assigned));
    for (const { claim } of effect.assigned) {
      const reason = left?.get(claim) ?? null;
      if (reason === null) this.release(claim);
      else this.markReleasing(claim, reason);
    }
    this.#calls.end(effect.ticket, (waiting) => waiting.fail(effect.error));
  }

  /** The holder as which this very claim has its host. */
  #holder(claim: Claim): Holder | null {
    const holder = this.#state.hosts.get(claim.hostKey)?.holder;
    return holder?.claim === claim.id ? holder : null;
  }

  #claimAfter(effects: readonly Effect[], hostKey: string): Claim {
    for (const effect of effects) if (effect.type === "refused") throw fromReport(effect.error);
    const claim = this.ownerOf(hostKey);
    if (!claim) throw new Error(`arbiter: ${hostKey} has no claim after it changed hands`);
    return claim;
  }

  #setAlarm(): void {
    if (this.#stopping && this.#calls.size === 0) this.#alarm.stop();
    else this.#alarm.set(this.#state.wakeAt, () => this.#dispatch({ type: "tick" }));
  }
}

/** It is asked for just now: whoever asks can be refused. */
function isNew({ type }: Untimed<Event>): boolean {
  return type === "request" || type === "takeover";
}
