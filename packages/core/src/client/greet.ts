import type { Socket } from "node:net";
import { MtuiError } from "../protocol/errors.ts";
import { BUILD, commonProtocol, Peer, PROTOCOL_RANGE, VERSION } from "../protocol/index.ts";
import type { ClientName, ConnectLimits, HelloReply } from "./options.ts";

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
  const params = {
    protocol: PROTOCOL_RANGE,
    version: VERSION,
    build: BUILD,
    client: { kind: client.kind, name: client.name, namespace: client.namespace ?? null, pid: process.pid },
    config,
    ssh_auth_sock: env["SSH_AUTH_SOCK"] ?? null,
  };
  try {
    const reply = await peer.call("hello", params, { timeoutMs: limits.helloMs });
    return { peer, hello: checkedHello(reply) };
  } catch (thrown) {
    peer.close();
    if (thrown instanceof MtuiError && thrown.kind === "request.timeout") throw hung(limits.helloMs, thrown);
    throw thrown;
  }
}

/** Small enough to be checked by hand: the schema stays out of the clients. */
function checkedHello(reply: unknown): HelloReply {
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
  return hello as HelloReply;
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
