import type { Socket } from "node:net";
import { nearest } from "@mtui/core/config";
import {
  MtuiError,
  Peer,
  type PeerCall,
  type PeerEvent,
  type WireError,
  type WireLimits,
} from "@mtui/core/protocol";
import { helloParams, type OperationSpec } from "@mtui/core/registry";
import type { ClientIdentity, HelloParams, ServeOptions } from "./options.ts";
import { checkParams, checkResult } from "./validate.ts";

export interface Connection {
  readonly peer: Peer;
  readonly client: ClientIdentity | null;
}

interface ConnectionContext {
  id: string;
  options: ServeOptions;
  limits: WireLimits;
  draining: () => boolean;
}

/**
 * One client. `new`: only `hello` is served, and it must come soon; `known`: everything else is.
 * A second `hello` is refused, because claims and jobs are written down under the first name.
 */
export function acceptConnection(socket: Socket, context: ConnectionContext): Connection {
  const { id, options, limits, draining } = context;
  let client: ClientIdentity | null = null;
  let greeting = false;

  const operationOf = (name: string): OperationSpec => {
    const operation = options.operations.get(name);
    if (operation === undefined) throw unknownMethod(name, options.operations);
    if (name === "hello" ? client !== null || greeting : client === null) throw outOfOrder(name);
    return operation;
  };

  const hello = async (params: HelloParams) => {
    greeting = true;
    const { kind, name, namespace, allow, pid } = params.client;
    const asked: ClientIdentity = { id, kind, name, namespace, allow, pid };
    try {
      const reply = await options.hello(params, asked);
      client = { ...asked, namespace: reply.namespace };
      clearTimeout(patience);
      options.onClient?.(client, params);
      return reply;
    } finally {
      greeting = false;
    }
  };

  const handle = async ({ method, params, ...call }: PeerCall): Promise<unknown> => {
    // Also before hello: who finds a daemon on its way out waits for the next one.
    if (draining()) throw stopping();
    if (method === "hello") return hello(helloParams.parse(params));
    if (client === null) throw outOfOrder(method);
    return options.handle({
      name: method,
      params: params as Record<string, unknown>,
      client,
      ...call,
    });
  };

  const peer = new Peer({
    stream: socket,
    remote: `client ${id}`,
    limits,
    service: {
      params: (method, params) => checkParams(operationOf(method), params),
      handle,
      result: (method, result) => {
        const operation = options.operations.get(method);
        return operation === undefined ? result : checkResult(operation, result);
      },
    },
    onEvent: (event) => logEvent(options.log, id, event),
  });

  const patience = setTimeout(() => peer.close(noHello(limits.helloMs)), limits.helloMs);
  void peer.closed.then(() => {
    clearTimeout(patience);
    if (client !== null) options.onClientGone?.(client);
  });
  return {
    peer,
    get client() {
      return client;
    },
  };
}

/** Faults of ours are errors; what clients do wrong is for the curious. */
function logEvent(log: ServeOptions["log"], id: string, { event, message, method, error }: PeerEvent): void {
  const kind = (error as Partial<WireError> | undefined)?.data?.kind;
  const level = event === "failed" && kind === "internal" ? "error" : event === "cut" ? "warn" : "debug";
  log?.(level, `${event}: ${message}`, { client: id, method, kind });
}

function unknownMethod(name: string, operations: ReadonlyMap<string, OperationSpec>): MtuiError {
  const guess = nearest(name, [...operations.keys()]);
  return new MtuiError("method.unknown", `There is no operation ${JSON.stringify(name)}.`, {
    hint: guess === null ? "See all: mtuictl --help" : `Did you mean ${guess}?`,
    data: { method: name },
  });
}

function outOfOrder(name: string): MtuiError {
  const message =
    name === "hello" ? "A connection says hello once." : "The first call of a connection is hello.";
  return new MtuiError("protocol.invalid", message, {
    hint: "See docs/formats/wire.md, Hello.",
    data: { method: name },
  });
}

function noHello(ms: number): MtuiError {
  return new MtuiError("protocol.limit", `No hello within ${ms / 1000} s.`, {
    hint: "See docs/formats/wire.md, Hello.",
  });
}

function stopping(): MtuiError {
  return new MtuiError("daemon.stopping", "mtuid is stopping and takes no new work.", {
    retryable: true,
    hint: "Ask again in a moment; a new daemon is started then.",
  });
}
