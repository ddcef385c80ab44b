import { JSONRPCClient, type JSONRPCResponse } from "json-rpc-2.0";
import { MtuiError, toMtuiError } from "../errors.ts";
import { encodeLine } from "../framing/encode.ts";
import { isIdempotencyKey, KEY_RULE } from "../framing/idempotency-key.ts";
import type { Params, RequestId } from "../framing/message.ts";
import type { WireLimits } from "../limits.ts";
import { fromWireError } from "../wire-error.ts";
import type { CallOptions } from "./options.ts";

export interface OutgoingOptions {
  remote: string;
  limits: WireLimits;
  write: (line: Buffer) => void;
  reply: ((method: string, result: unknown) => unknown) | undefined;
}

interface Waiting {
  fail: (error: MtuiError) => void;
  onProgress: ((value: unknown) => void) | undefined;
}

/**
 * Our own calls. A call that its caller gave up (signal, time) keeps its place among the calls in
 * flight until the other end has answered it, because the other end counts it that long.
 */
export function outgoingCalls({ remote, limits, write, reply }: OutgoingOptions) {
  const waiting = new Map<RequestId, Waiting>();
  const client = new JSONRPCClient<Buffer>((_payload, line) => write(line));
  let lastId = 0;

  const cancelRemote = (id: RequestId) =>
    write(encodeLine({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } }, limits.lineBytes));

  return {
    get size() {
      return waiting.size;
    },

    async call(method: string, params: Params, options: CallOptions): Promise<unknown> {
      if (options.signal?.aborted) throw cancelled(method, options.signal);
      if (waiting.size >= limits.callsInFlight) throw tooMany(limits, remote);
      const { idempotencyKey: key } = options;
      if (key !== undefined && !isIdempotencyKey(key)) throw notAKey();
      const id = ++lastId;
      const request = { jsonrpc: "2.0" as const, id, method, params };
      const line = encodeLine(
        key === undefined ? request : { ...request, idempotency_key: key },
        limits.lineBytes,
      );

      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const giveUp = (error: MtuiError) => {
        reject(error);
        if (waiting.has(id)) cancelRemote(id);
      };
      waiting.set(id, { fail: reject, onProgress: options.onProgress });
      const onAbort = () => giveUp(cancelled(method, options.signal));
      options.signal?.addEventListener("abort", onAbort, { once: true });
      const timer =
        options.timeoutMs === undefined
          ? undefined
          : setTimeout(() => giveUp(timedOut(method, remote, options.timeoutMs ?? 0)), options.timeoutMs);

      client.requestAdvanced(request, line).then((response) => {
        waiting.delete(id);
        settle(response, { method, reply, resolve, reject });
      });
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        options.signal?.removeEventListener("abort", onAbort);
      }
    },

    receive: (response: JSONRPCResponse) => client.receive(response),

    progress(id: unknown, value: unknown) {
      if (typeof id === "number") waiting.get(id)?.onProgress?.(value);
    },

    /** The other end is gone: nobody waits any longer. */
    failAll(error: MtuiError) {
      const all = [...waiting.values()];
      waiting.clear();
      for (const call of all) call.fail(error);
      client.rejectAllPendingRequests(error.message);
    },
  };
}

interface Settling {
  method: string;
  reply: OutgoingOptions["reply"];
  resolve: (value: unknown) => void;
  reject: (error: MtuiError) => void;
}

function settle(response: JSONRPCResponse, { method, reply, resolve, reject }: Settling): void {
  if (response.error !== undefined) {
    reject(fromWireError(response.error));
    return;
  }
  try {
    resolve(reply === undefined ? response.result : reply(method, response.result));
  } catch (thrown) {
    reject(toMtuiError(thrown));
  }
}

function cancelled(method: string, signal: AbortSignal | undefined): MtuiError {
  return new MtuiError("request.cancelled", `The request ${method} was cancelled.`, {
    cause: signal?.reason,
  });
}

function notAKey(): MtuiError {
  return new MtuiError("params.invalid", `The idempotency key is not one: ${KEY_RULE}.`, {
    hint: "Use a random one, such as a UUID.",
  });
}

function timedOut(method: string, remote: string, ms: number): MtuiError {
  return new MtuiError("request.timeout", `${remote} did not answer ${method} within ${ms / 1000} s.`, {
    retryable: true,
    data: { method, timeout_ms: ms },
    hint: "Ask again, or look at what it does: mtuictl daemon status",
  });
}

function tooMany(limits: WireLimits, remote: string): MtuiError {
  return new MtuiError(
    "protocol.limit",
    `${limits.callsInFlight} calls to ${remote} are in flight already.`,
    {
      retryable: true,
      data: { limit: limits.callsInFlight },
      hint: "Wait for one of them to end.",
    },
  );
}
