import { createServer, type Socket } from "node:net";
import { MtuiError, Peer, WIRE_LIMITS, type WireLimits } from "@mtui/core/protocol";
import { acceptConnection, type Connection } from "./connection.ts";
import { listenOnFd, listenOnPath } from "./listen.ts";
import type { DaemonServer, ServeOptions } from "./options.ts";

const GRACE_MS = 2_000;

/**
 * Serve the operations on the socket (docs/formats/wire.md).
 * @throws MtuiError `daemon.unreachable` when it cannot listen there.
 */
export async function serve(options: ServeOptions): Promise<DaemonServer> {
  const limits: WireLimits = { ...WIRE_LIMITS, ...options.limits };
  const connections = new Set<Connection>();
  let draining = false;
  let count = 0;

  const accept = (socket: Socket) => {
    if (connections.size >= limits.connections) {
      turnAway(socket, limits);
      return;
    }
    count += 1;
    const connection = acceptConnection(socket, {
      id: `c${count}`,
      options,
      limits,
      draining: () => draining,
    });
    connections.add(connection);
    void connection.peer.closed.then(() => connections.delete(connection));
  };

  const server = createServer(accept);
  const { path, fd } = options;
  const listening = fd === undefined ? await listenOnPath(server, need(path)) : await listenOnFd(server, fd);
  server.on("error", (error) => options.log?.("error", `socket: ${error.message}`));

  const answered = async (graceMs: number) => {
    const deadline = performance.now() + graceMs;
    const busy = () => [...connections].some(({ peer }) => peer.open && peer.serving > 0);
    while (busy() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  const close = async (graceMs: number) => {
    draining = true;
    listening.withdraw();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    await answered(graceMs);
    for (const { peer } of connections) peer.close();
    await Promise.all([...connections].map(({ peer }) => peer.closed));
    await closed;
  };
  let closing: Promise<void> | null = null;
  const closeOnce = (graceMs: number) => {
    closing ??= close(graceMs);
    return closing;
  };

  return {
    path: listening.path,
    get clients() {
      return [...connections].flatMap(({ client }) => (client === null ? [] : [client]));
    },
    drain() {
      draining = true;
    },
    close: ({ graceMs = GRACE_MS } = {}) => closeOnce(graceMs),
    [Symbol.asyncDispose]: () => closeOnce(GRACE_MS),
  };
}

/** One client too many: told so and closed, before anything of it is read. */
function turnAway(socket: Socket, limits: WireLimits): void {
  const peer = new Peer({ stream: socket, remote: "a client", limits });
  peer.close(
    new MtuiError("protocol.limit", `${limits.connections} clients are connected already.`, {
      retryable: true,
      data: { limit: limits.connections },
      hint: "Close a terminal or an agent that you do not need.",
    }),
  );
}

function need(path: string | undefined): string {
  if (path === undefined) throw new MtuiError("internal", "serve() needs a path or a file descriptor.");
  return path;
}
