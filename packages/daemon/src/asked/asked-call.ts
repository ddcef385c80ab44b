import { createHash } from "node:crypto";
import { MtuiError } from "@mtui/core/protocol";
import { type ClientIdentity, isPerson } from "../workspaces/names.ts";

/** How long a request is remembered by its idempotency key, from its answer on (milliseconds). */
export const REMEMBER_MS = 10 * 60_000;

/** A request that may come again: after a lost connection, or another life of the daemon. */
export interface AskedCall {
  /** Who asks for which operation under which key. */
  readonly id: string;
  /** SHA-256 of the parameters as they were understood, defaults filled in. */
  readonly params: string;
  readonly operation: string;
}

/** A key is one agent namespace's, or one kind of program's, and one operation's. */
export function askedCall(
  operation: string,
  { params, client, key }: { params: unknown; client: ClientIdentity; key: string },
): AskedCall {
  const who = isPerson(client) ? client.kind : `agent:${client.namespace}`;
  const digest = createHash("sha256")
    .update(JSON.stringify(inOrder(params)))
    .digest("hex");
  return { id: `${who} ${operation} ${key}`, params: digest, operation };
}

/** @throws MtuiError params.invalid: the key was another request's */
export function assertSame({ operation, params }: AskedCall, former: { readonly params: string }): void {
  if (former.params === params) return;
  throw new MtuiError(
    "params.invalid",
    `${operation}: the same idempotency key was given with other parameters before.`,
    {
      hint: "A key names one request; take a new one for each.",
      data: { operation, parameter: "idempotency_key" },
    },
  );
}

/** The same parameters in another order are the same. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, inOrder(each)]));
}
