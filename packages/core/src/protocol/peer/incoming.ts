import { createJSONRPCSuccessResponse, JSONRPCServer, type JSONRPCResponse } from "json-rpc-2.0";
import { MtuiError, toMtuiError } from "../errors.ts";
import type { Params, RequestId } from "../framing/message.ts";
import { toWireError } from "../wire-error.ts";
import type { PeerCall, PeerEvent, PeerService } from "./options.ts";
import { progressThrottle } from "./progress-throttle.ts";

export interface IncomingOptions {
  service: PeerService | undefined;
  progressMs: number;
  sendProgress: (id: RequestId, value: unknown) => void;
  onEvent: (event: PeerEvent) => void;
}

export interface IncomingRequest {
  readonly id: RequestId;
  readonly method: string;
  readonly params: Params;
  readonly idempotencyKey?: string;
}

interface Context {
  idempotencyKey: string | undefined;
  abort: AbortController;
  progress: (value: unknown) => void;
}

/** The requests of the other end: run, answered once each, cancelled by id or all together. */
export function incomingCalls({ service, progressMs, sendProgress, onEvent }: IncomingOptions) {
  const running = new Map<RequestId, AbortController>();
  const server = new JSONRPCServer<Context>({ errorListener: () => {} });
  server.mapErrorToJSONRPCErrorResponse = (id, thrown) => ({
    jsonrpc: "2.0",
    id,
    error: toWireError(toMtuiError(thrown)),
  });
  // The library would look methods up by name; the service decides instead, hooks around it.
  server.applyMiddleware(async (_next, request, { idempotencyKey, abort, progress }) => {
    const result = await serve(service, {
      method: request.method,
      params: request.params as Params,
      signal: abort.signal,
      progress,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    });
    return createJSONRPCSuccessResponse(request.id ?? null, result);
  });

  return {
    get size() {
      return running.size;
    },
    has: (id: RequestId) => running.has(id),
    async run({ idempotencyKey, ...request }: IncomingRequest): Promise<JSONRPCResponse> {
      const abort = new AbortController();
      const throttle = progressThrottle(progressMs, (value) => sendProgress(request.id, value));
      running.set(request.id, abort);
      try {
        const context = { idempotencyKey, abort, progress: throttle.push };
        const response = await server.receive({ jsonrpc: "2.0", ...request }, context);
        if (response === null) throw new MtuiError("internal", "A request was left without an answer.");
        if (response.error !== undefined) {
          onEvent({
            event: "failed",
            method: request.method,
            message: response.error.message,
            error: response.error,
          });
        }
        return response;
      } finally {
        throttle.stop();
        running.delete(request.id);
      }
    },
    cancel(id: RequestId) {
      running.get(id)?.abort(new MtuiError("request.cancelled", "The client cancelled the request."));
    },
    abandon(reason: MtuiError) {
      for (const abort of running.values()) abort.abort(reason);
    },
  };
}

async function serve(
  service: PeerService | undefined,
  call: PeerCall & { params: Params },
): Promise<unknown> {
  if (service === undefined) {
    throw new MtuiError("method.unknown", `There is no method ${JSON.stringify(call.method)} at this end.`);
  }
  const params = service.params === undefined ? call.params : service.params(call.method, call.params);
  const returned = await service.handle({ ...call, params });
  const result = service.result === undefined ? returned : service.result(call.method, returned);
  // An empty reply is read as a confirmation of anything; it is a fault of the handler.
  if (result === undefined) throw new MtuiError("internal", `The operation ${call.method} gave no result.`);
  return result;
}
