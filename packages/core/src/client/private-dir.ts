import { lstatSync, mkdirSync, type Stats } from "node:fs";
import { MtuiError } from "../protocol/errors.ts";

const HINT = "Set XDG_RUNTIME_DIR to a directory of your own.";

/**
 * Peer credentials of a socket cannot be asked for in Node, so the directory is the guard: ours, and
 * closed to everybody else. A symlink in its place is refused as well.
 * @returns false when there is no such directory.
 * @throws MtuiError `daemon.unreachable` when it exists and others may enter it.
 */
export function checkPrivateDir(path: string): boolean {
  let stat: Stats | undefined;
  try {
    stat = lstatSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    throw refuse(
      path,
      `cannot be looked at (${cause instanceof Error ? cause.message : String(cause)})`,
      HINT,
    );
  }
  if (stat === undefined) return false;
  const uid = process.getuid?.() ?? stat.uid;
  if (!stat.isDirectory()) throw refuse(path, "is not a directory", `Remove it: rm ${path}`);
  if (stat.uid !== uid) {
    throw refuse(path, `belongs to uid ${stat.uid}, not to ${uid}`, HINT);
  }
  if ((stat.mode & 0o077) !== 0) {
    throw refuse(path, `has mode ${(stat.mode & 0o777).toString(8)}, not 700`, `Close it: chmod 700 ${path}`);
  }
  return true;
}

/** Make it where it is missing, then check it. */
export function ensurePrivateDir(path: string): void {
  if (checkPrivateDir(path)) return;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  checkPrivateDir(path);
}

function refuse(path: string, what: string, hint: string): MtuiError {
  return new MtuiError(
    "daemon.unreachable",
    `The directory ${path} ${what}; it would not protect the socket.`,
    {
      hint,
      data: { path },
    },
  );
}
