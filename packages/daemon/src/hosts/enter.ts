import type { RefHost } from "@mtui/core/domain";
import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import { cutOnAbort } from "./cut-link.ts";
import type { KnownHost, Seat } from "./seat.ts";
import type { HeldLock, HostSession, LockPurpose, LockReading, LockTaking } from "./session.ts";

/** What a claim begins with. */
export interface Entered {
  readonly session: HostSession;
  readonly pool: LockTaking;
  /** Who works on the host now; read behind the first try to take the pool lock. */
  readonly operation: LockReading;
  /**
   * Why the host cannot be used although a pool lock of ours is there, or may be: the session serves to
   * give it back and nothing else, and its facts are old.
   */
  readonly fault: MtuiError | null;
}

/** The host did not answer on the connection that was kept; it is closed. */
export interface Dead {
  readonly dead: HostSession;
  /** A lock whose file may be on the host. */
  readonly left: HeldLock | null;
}

interface EnterOptions {
  readonly purpose: LockPurpose;
  readonly inventoryRow?: RefHost | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Seconds: a lock's time may be wrong by this much before it is written again. */
const CLOCK_TOLERANCE = 2;

/**
 * A connection that nobody used may be dead without having said so: an answer that takes longer costs
 * a new connection.
 */
const FIRST_ANSWER_MS = 5_000;

/**
 * When nobody wants the host any more while its lock is being taken: a host that answers within this is
 * left clean at once, any other has to be looked at again.
 */
const LAST_ANSWER_MS = 2_000;

/**
 * On a new connection: a look at the host, whose clock the lock is written by, then the lock. Two round trips.
 * The link is cut when the signal fires.
 */
export async function enter(seat: Seat, { purpose, inventoryRow, signal }: EnterOptions): Promise<Entered> {
  const look = await cutOnAbort(seat.link, { signal }, async () => await seat.look({ inventoryRow }));
  signal?.throwIfAborted();
  const [pool, operation] = await cutOnAbort(
    seat.link,
    { signal, patience: { clock: seat.clock, ms: LAST_ANSWER_MS } },
    async () => await takePool(seat, purpose),
  );
  return { session: seat.session(look), pool, operation, fault: null };
}

/**
 * On a connection that the last owner left, with all steps in one round trip: what the last owner
 * knew of the host's clock is good enough to write the lock, and is looked at again in the same breath.
 */
export async function enterKept(
  seat: Seat,
  { signal, ...options }: EnterOptions & { known: KnownHost },
): Promise<Entered | Dead> {
  const patience = { clock: seat.clock, ms: LAST_ANSWER_MS };
  return await cutOnAbort(seat.link, { signal, patience }, async () => await inOneBreath(seat, options));
}

async function inOneBreath(
  seat: Seat,
  { known, purpose, inventoryRow }: EnterOptions & { known: KnownHost },
): Promise<Entered | Dead> {
  const looking = seat.look({ inventoryRow, timeoutMs: FIRST_ANSWER_MS }).catch(async (thrown: unknown) => {
    const error = toMtuiError(thrown);
    // Taking the lock then fails too, and does not connect anew to take back what it may have done.
    if (error.kind === "host.lost") seat.link.abandon();
    return error;
  });
  await turn();
  const [seen, [pool, operation]] = await Promise.all([looking, takePool(seat, purpose)]);
  const lock = pool.state === "taken" ? pool.lock : pool.state === "error" ? (pool.left ?? null) : null;
  if (!(seen instanceof MtuiError)) {
    if (lock !== null) await correctTime(seat, lock);
    return { session: seat.session(seen), pool, operation, fault: null };
  }
  const session = seat.session(known.look);
  if (seen.kind !== "host.lost") return { session, pool, operation, fault: seen };
  // Not in use: the next to take the lock here may replace it.
  if (lock !== null) seat.locks.forget(lock);
  return { dead: session, left: lock };
}

/** A new connection after a dead one; taking the lock replaces what was left. @throws as `anew` */
export async function enterAfter({ dead, left }: Dead, anew: () => Promise<Entered>): Promise<Entered> {
  try {
    const entered = await anew();
    const unsure = entered.pool.state === "error" && entered.pool.left === undefined && left !== null;
    return unsure ? { ...entered, pool: { ...entered.pool, left } } : entered;
  } catch (thrown) {
    if (left === null) throw thrown;
    const fault = toMtuiError(thrown);
    const reason = fault.message;
    return {
      session: dead,
      pool: { state: "error", reason, left },
      operation: { state: "unreadable", reason },
      fault,
    };
  }
}

async function takePool(seat: Seat, purpose: LockPurpose): Promise<[LockTaking, LockReading]> {
  const taking = seat.locks.take("pool", purpose);
  await turn();
  return await Promise.all([taking, seat.locks.read("operation")]);
}

/** The host's clock was set since the last owner looked at it. */
async function correctTime(seat: Seat, lock: HeldLock): Promise<void> {
  const written = Number(/^\d+/.exec(lock.bytes)?.[0]);
  if (Math.abs(seat.lockClock() - written) > CLOCK_TOLERANCE) await seat.locks.restamp(lock);
}

/** What was asked for before this is on its way to the host before what is asked for behind it. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
