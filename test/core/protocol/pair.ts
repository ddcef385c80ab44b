import { createServer, connect, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Peer, type PeerOptions } from "@mtui/core/protocol";

/** Two ends of a real socket: a peer under test, and a bare end to misbehave with. */
export async function socketPair() {
  const dir = mkdtempSync(join(tmpdir(), "mtui-pair-"));
  const path = join(dir, "s");
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => accepted.resolve(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const far = connect(path);
  const near = await accepted.promise;
  far.on("error", () => {});
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.destroy();
      far.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export interface WireLine {
  id?: unknown;
  method?: string;
  params?: { id?: unknown; value?: unknown };
  result?: unknown;
  error?: { code: number; message: string; data: { kind: string } };
}

/** A peer at one end and its bytes at the other. */
export async function peerAndWire(options: Omit<PeerOptions, "stream" | "remote">) {
  const pair = await socketPair();
  const peer = new Peer({ remote: "the other end", ...options, stream: pair.near });
  const lines: WireLine[] = [];
  const waiting: ((line: WireLine | null) => void)[] = [];
  let rest = "";
  let over = false;
  pair.far.on("data", (chunk) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const line = JSON.parse(part) as WireLine;
      const wake = waiting.shift();
      if (wake === undefined) lines.push(line);
      else wake(line);
    }
  });
  pair.far.on("close", () => {
    over = true;
    for (const wake of waiting.splice(0)) wake(null);
  });
  return {
    peer,
    far: pair.far,
    send: (message: unknown) => void pair.far.write(`${JSON.stringify(message)}\n`),
    raw: (bytes: string | Uint8Array) => void pair.far.write(bytes),
    next(): Promise<WireLine | null> {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      return over ? Promise.resolve(null) : new Promise((resolve) => waiting.push(resolve));
    },
    async [Symbol.asyncDispose]() {
      peer.close();
      await pair[Symbol.asyncDispose]();
    },
  };
}
