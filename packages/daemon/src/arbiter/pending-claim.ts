import { type ErrorReport, fromReport, MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Claim } from "./claim.ts";
import type { HostFault } from "./events.ts";
import type { Attempt, ClaimOptions, Granted } from "./ports.ts";
import type { TicketView } from "./view.ts";

export interface Assigned {
  readonly claim: Claim;
  readonly slotIndex: number[];
}

export type AttemptEnd =
  | { readonly faults: ReadonlyMap<string, HostFault> }
  | { readonly error: ErrorReport };

/** One call of `claim` while it lasts: its promise, the attempt that runs, what the attempt brought. */
export interface PendingClaim {
  /** Settles when the call does; never rejects. */
  readonly ended: Promise<void>;
  readonly onTicket: ((view: TicketView | null) => void) | undefined;
  run(assigned: readonly Assigned[]): Promise<AttemptEnd>;
  abort(error: ErrorReport): void;
  grant(granted: {
    claims: readonly Assigned[];
    served: Assigned[];
    unserved: number[];
    waitedMs: number;
  }): void;
  fail(error: ErrorReport): void;
  /** What could not be taken back, by claim id. */
  undo(assigned: readonly Assigned[]): Promise<Map<string, string | null>>;
}

export function pendingClaim<T>(attempt: Attempt<T>, options: ClaimOptions<T>) {
  const { promise, resolve, reject } = Promise.withResolvers<Granted<T>>();
  let controller = new AbortController();
  let values = new Map<string, T>();
  const pending: PendingClaim = {
    ended: promise.then(ignore, ignore),
    onTicket: options.onTicket,
    async run(assigned) {
      controller = new AbortController();
      try {
        const list = assigned.map(({ claim, slotIndex }) => ({ claim, slotIndex: [...slotIndex] }));
        const answer = await attempt(list, controller.signal);
        if (answer.ok) values = answer.values;
        return answer.ok ? complete(assigned, values) : relevant(assigned, answer.faults);
      } catch (thrown) {
        return { error: toMtuiError(thrown).toReport() };
      }
    },
    abort: (error) => controller.abort(fromReport(error)),
    grant({ claims, ...rest }) {
      const withValues = claims.flatMap(({ claim, slotIndex }) => {
        const value = values.get(claim.hostKey);
        return value === undefined ? [] : [{ claim, slotIndex: [...slotIndex], value }];
      });
      resolve({ claims: withValues, ...rest });
    },
    fail: (error) => reject(fromReport(error)),
    async undo(assigned) {
      const ends = assigned.map(async ({ claim }): Promise<[string, string | null]> => {
        try {
          const value = values.get(claim.hostKey);
          if (value !== undefined) await (options.undo ?? dispose)(claim, value);
          return [claim.id, null];
        } catch (thrown) {
          return [claim.id, toMtuiError(thrown).message];
        }
      });
      return new Map(await Promise.all(ends));
    },
  };
  return { pending, result: promise };
}

function ignore(): void {}

async function dispose(_claim: Claim, value: unknown): Promise<void> {
  if (typeof value !== "object" || value === null || !(Symbol.asyncDispose in value)) return;
  const end = value[Symbol.asyncDispose];
  if (typeof end === "function") await end.call(value);
}

function complete(assigned: readonly Assigned[], values: ReadonlyMap<string, unknown>): AttemptEnd {
  const lacking = assigned.filter(({ claim }) => values.get(claim.hostKey) === undefined);
  if (lacking.length === 0) return { faults: new Map() };
  const names = lacking.map(({ claim }) => claim.hostName).join(", ");
  return {
    error: new MtuiError("internal", `An attempt said ok and brought nothing for ${names}.`).toReport(),
  };
}

/** A failure that blames none of its hosts would be tried again without end. */
function relevant(assigned: readonly Assigned[], faults: ReadonlyMap<string, HostFault>): AttemptEnd {
  if (assigned.some(({ claim }) => faults.has(claim.hostKey))) return { faults };
  return { error: new MtuiError("internal", "An attempt failed and blamed none of its hosts.").toReport() };
}
