import { randomBytes } from "node:crypto";
import { lstatSync, renameSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { dirname, join } from "node:path";
import { checkedLength, dial, ensurePrivateDir } from "@mtui/core/client";
import { MtuiError } from "@mtui/core/protocol";

export interface Listening {
  readonly path: string | null;
  /** Remove the path if it still leads to our socket. */
  withdraw(): void;
}

/**
 * Bind under a name that nobody knows and rename it into place. So a client never sees a socket that
 * is not listening yet or has other rights; a dead daemon's socket is replaced in one step; and
 * `server.close()`, which unlinks the path that was bound, can never remove a successor's socket.
 * @throws MtuiError `daemon.unreachable` when the directory is not safe or another daemon answers.
 */
export async function listenOnPath(server: Server, path: string): Promise<Listening> {
  checkedLength(path);
  ensurePrivateDir(dirname(path));
  const there = await dial(path);
  there?.destroy();
  if (there !== null) {
    throw new MtuiError("daemon.unreachable", `Another daemon answers on ${path}.`, {
      hint: "Use that one, or end it: mtuictl daemon stop",
      data: { path },
    });
  }
  const hidden = checkedLength(join(dirname(path), `.${randomBytes(3).toString("hex")}`));
  await bound(server, hidden);
  const ours = lstatSync(hidden);
  renameSync(hidden, path);
  return {
    path,
    withdraw() {
      const now = lstatSync(path, { throwIfNoEntry: false });
      if (now !== undefined && now.ino === ours.ino && now.dev === ours.dev) rmSync(path, { force: true });
    },
  };
}

/** A socket that systemd made and keeps: its path is not ours to remove. */
export async function listenOnFd(server: Server, fd: number): Promise<Listening> {
  await settled(server, () => server.listen({ fd }));
  return { path: null, withdraw: () => {} };
}

/** Node binds in the call itself, so the mask of the process is narrowed for no other code. */
async function bound(server: Server, path: string): Promise<void> {
  const mask = process.umask(0o177);
  try {
    await settled(server, () => {
      server.listen(path);
      process.umask(mask);
    });
  } finally {
    process.umask(mask);
  }
}

function settled(server: Server, listen: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onError = (cause: Error) =>
    reject(new MtuiError("daemon.unreachable", `mtuid cannot listen: ${cause.message}`, { cause }));
  server.once("error", onError);
  server.once("listening", () => {
    server.removeListener("error", onError);
    resolve();
  });
  listen();
  return promise;
}
