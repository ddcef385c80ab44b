import { dirname } from "node:path";
import { connect, type Socket } from "node:net";
import { MtuiError } from "../protocol/errors.ts";
import { checkPrivateDir } from "./private-dir.ts";
import { checkedLength } from "./socket-path.ts";

/**
 * Connect to the socket.
 * @returns null when nobody listens there.
 * @throws MtuiError `daemon.unreachable` when the directory is not safe, or not ours to enter.
 */
export async function dial(path: string): Promise<Socket | null> {
  checkedLength(path);
  if (!checkPrivateDir(dirname(path))) return null;
  const socket = connect({ path });
  const { promise, resolve, reject } = Promise.withResolvers<Socket | null>();
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
      resolve(null);
      return;
    }
    const retryable = error.code === "EAGAIN" || error.code === "ECONNRESET";
    reject(
      new MtuiError("daemon.unreachable", `The socket ${path} does not let us in: ${error.message}`, {
        cause: error,
        retryable,
        data: { path, code: error.code ?? null },
        hint: retryable
          ? "The daemon is overloaded; try again."
          : `Look at its owner and mode: ls -l ${path}`,
      }),
    );
  };
  socket.once("error", onError);
  socket.once("connect", () => {
    socket.removeListener("error", onError);
    resolve(socket);
  });
  return promise;
}
