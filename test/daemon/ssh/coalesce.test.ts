import { once } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import net, { type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { dial, type DialSettings } from "../../../packages/daemon/src/ssh/dial.ts";
import { openSocket } from "../../../packages/daemon/src/ssh/coalesce.ts";
import type { SshTarget } from "../../../packages/daemon/src/ssh/target.ts";

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** Told of every connection that is made with `connect`. */
function watchConnect(): { options: unknown; socket: Socket }[] {
  const made: { options: unknown; socket: Socket }[] = [];
  const { connect } = net;
  vi.spyOn(net, "connect").mockImplementation(((options: net.NetConnectOpts) => {
    const socket = connect(options);
    made.push({ options, socket });
    return socket;
  }) as typeof connect);
  syncBuiltinESMExports();
  return made;
}

async function listening(answer: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
  const server = net.createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.close();
    await once(server, "close");
  };
  return { port, [Symbol.asyncDispose]: close };
}

test("a connection to a host sends small packets at once, from its first one on", async () => {
  const made = watchConnect();
  await using server = await listening((socket) => socket.destroy());
  // As much of the two as dialling reads.
  const target = {
    name: "ant",
    hostName: "127.0.0.1",
    port: server.port,
    user: "root",
    knownHostsFiles: [],
    globalKnownHostsFiles: [],
    identityFiles: [],
    identityAgent: "/none",
    jumps: [],
  } as unknown as SshTarget;
  const settings = {
    unknownHosts: "accept",
    connectTimeoutSeconds: 5,
    authSock: () => "/none",
    log: () => undefined,
  } as unknown as DialSettings;
  await expect(dial([target], settings)).rejects.toMatchObject({ kind: expect.stringMatching(/^host\./) });
  expect(made).toMatchObject([{ options: { host: "127.0.0.1", port: server.port, noDelay: true } }]);
});

test("what is written in one turn leaves as one", async () => {
  await using server = await listening((socket) => socket.resume());
  const socket = openSocket({ host: "127.0.0.1", port: server.port });
  await once(socket, "connect");
  const [alone, together] = [vi.spyOn(socket, "_write"), vi.spyOn(socket, "_writev" as "_write")];
  for (const packet of ["open", "exec", "input"]) socket.write(packet);
  await new Promise((resolve) => setImmediate(resolve));
  expect(alone).not.toHaveBeenCalled();
  expect(together).toHaveBeenCalledTimes(1);
  expect(together.mock.calls[0]?.[0]).toHaveLength(3);
  const closed = once(socket, "close");
  socket.destroy();
  await closed;
});
