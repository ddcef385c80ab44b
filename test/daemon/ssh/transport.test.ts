import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import type { Client } from "ssh2";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Ssh2Transport } from "../../../packages/daemon/src/ssh/ssh2-transport.ts";
import type { SshTarget } from "../../../packages/daemon/src/ssh/target.ts";

/** What the transport uses of a channel and of ssh2's client. */
class FakeChannel extends PassThrough {
  readonly stderr = new PassThrough();
}

class FakeClient extends EventEmitter {
  readonly channels: FakeChannel[] = [];
  /** The callback does not come, as after a loss. */
  silent = false;

  exec(_command: string, answer: (error: undefined, channel: FakeChannel) => void): void {
    if (this.silent) return;
    const channel = new FakeChannel();
    this.channels.push(channel);
    answer(undefined, channel);
  }

  /** As the library: says goodbye, and then leaves the socket alone. */
  end(): void {}
  destroy(): void {}
}

function transportOf() {
  const client = new FakeClient();
  const socket = new PassThrough();
  socket.once("close", () => client.emit("close"));
  const target = { name: "ant", port: 22, user: "root" } as SshTarget;
  const transport = new Ssh2Transport(client as EventEmitter as Client, { target, socket });
  return { client, socket, transport };
}

afterEach(() => void vi.useRealTimers());

describe("a connection that lives for thousands of commands", () => {
  test("holds on to no shell that is over", async () => {
    const { client, transport } = transportOf();
    for (let round = 0; round < 100; round++) {
      await transport.openShell();
      client.channels[round]?.emit("close");
    }
    expect(transport.watchers).toBe(0);
  });

  test("is closed within two seconds when the other side says nothing any more", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { socket, transport } = transportOf();
    const closing = transport.close();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(socket.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await closing;
    expect(socket.destroyed).toBe(true);
    expect(transport.connected).toBe(false);
  });

  test("tells open shells and those on their way when it is lost", async () => {
    const { client, transport } = transportOf();
    const shell = await transport.openShell();
    const told = Promise.withResolvers<void>();
    shell.attach({ onOutput: () => undefined, onClose: () => told.resolve() });
    client.silent = true;
    const opening = transport.openShell();
    await Promise.resolve();
    client.emit("close");
    await told.promise;
    await expect(opening).rejects.toMatchObject({ kind: "host.lost" });
    expect(shell.open).toBe(false);
    expect(transport.watchers).toBe(0);
  });
});
