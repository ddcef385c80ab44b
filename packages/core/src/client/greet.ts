import type { Socket } from "node:net";
import { MtuiError } from "../protocol/errors.ts";
import { BUILD, commonProtocol, Peer, PROTOCOL_RANGE, VERSION } from "../protocol/index.ts";
import type { ClientName, ConnectLimits, HelloReply } from "./options.ts";

/** Of a daemon that does not say. */
const REPLY_BYTES = 20_000;

export interface Greeted {
  peer: Peer;
  hello: HelloReply;
}

export interface Greeting {
  client: ClientName;
  config: string | null;
  env: NodeJS.ProcessEnv;
  limits: ConnectLimits;
}

/**
 * Say hello on a fresh connection.
 * @throws MtuiError what the daemon answered (`config.mismatch`, `daemon.version`,
 *   `daemon.stopping`), or `daemon.unreachable` when it does not answer as a daemon would.
 */
export async function greet(socket: Socket, { client, config, env, limits }: Greeting): Promise<Greeted> {
  const peer = new Peer({ stream: socket, remote: "mtuid" });
  const name = {
    kind: client.kind,
    name: client.name,
    namespace: client.namespace ?? null,
    pid: process.pid,
  };
  const paramsOf = (as: object) => ({
    protocol: PROTOCOL_RANGE,
    version: VERSION,
    build: BUILD,
    client: as,
    config,
    ssh_auth_sock: env["SSH_AUTH_SOCK"] ?? null,
  });
  const ask = (as: object): Promise<unknown> =>
    peer.call("hello", paramsOf(as), { timeoutMs: limits.helloMs });
  try {
    const reply = await ask({ ...name, ...later(client) }).catch((thrown: unknown) => {
      if (isOfFirstRelease(thrown, client)) return ask(name);
      throw thrown;
    });
    return { peer, hello: checkedHello(reply, client) };
  } catch (thrown) {
    peer.close();
    if (thrown instanceof MtuiError && thrown.kind === "request.timeout") throw hung(limits.helloMs, thrown);
    throw thrown;
  }
}

/** What the first release did not know; left out where there is nothing to say. */
function later({ instance, allow = [] }: ClientName): { instance?: string; allow?: readonly string[] } {
  return {
    ...(instance === undefined || instance === null ? {} : { instance }),
    ...(allow.length === 0 ? {} : { allow }),
  };
}

/** It refuses what it does not know, and serves on while it has work; it allows nothing beyond the namespace. */
function isOfFirstRelease(thrown: unknown, client: ClientName): boolean {
  if (!(thrown instanceof MtuiError) || thrown.kind !== "params.invalid") return false;
  const { parameter } = thrown.data ?? {};
  return Object.keys(later(client)).some((name) => parameter === `client.${name}`);
}

/** Small enough to be checked by hand: the schema stays out of the clients. */
function checkedHello(reply: unknown, client: ClientName): HelloReply {
  const hello = reply as Partial<HelloReply> | null;
  const sound =
    typeof hello === "object" &&
    typeof hello?.protocol === "number" &&
    typeof hello.version === "string" &&
    typeof hello.build === "string" &&
    Number.isSafeInteger(hello.pid) &&
    typeof hello.active_jobs === "number" &&
    typeof hello.workspaces === "number";
  if (
    !sound ||
    commonProtocol({ min: hello.protocol ?? 0, max: hello.protocol ?? 0 }, PROTOCOL_RANGE) === null
  ) {
    throw new MtuiError("daemon.version", "The daemon's greeting is not one that this program understands.", {
      hint: "Stop it when its jobs are done, the next command starts the right one: mtuictl daemon stop",
    });
  }
  const { namespace, reply_bytes: bytes, features } = hello;
  return {
    ...(hello as HelloReply),
    namespace: typeof namespace === "string" ? namespace : (client.namespace ?? null),
    reply_bytes: typeof bytes === "number" && bytes > 0 ? bytes : REPLY_BYTES,
    features: Array.isArray(features) ? features.map(String) : [],
  };
}

function hung(ms: number, cause: MtuiError): MtuiError {
  return new MtuiError(
    "daemon.unreachable",
    `mtuid accepts connections but does not answer within ${ms / 1000} s.`,
    {
      cause,
      hint: "If it stays so, end it: mtuictl daemon stop --force",
    },
  );
}
