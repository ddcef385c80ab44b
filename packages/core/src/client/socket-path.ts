import { lstatSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { places } from "../config/paths.ts";
import { MtuiError } from "../protocol/errors.ts";

/** `sun_path` holds 108 bytes with the final zero; Node cuts a longer path off and says nothing. */
const MAX_PATH_BYTES = 107;

/**
 * The socket of this user's daemon (docs/formats/wire.md, "The socket"): in `$XDG_RUNTIME_DIR/mtui`,
 * else in `/run/user/<uid>/mtui`, else in the state directory. Never below `/tmp`: a shell over ssh,
 * a desktop and a service unit must all come to the same path. Its directory may not exist yet.
 * @throws MtuiError `daemon.unreachable` for a path that is too long.
 */
export function socketPath(env: NodeJS.ProcessEnv = process.env): string {
  const path = join(runtimeBase(env) ?? places(env).state, "mtuid.sock");
  return checkedLength(path);
}

/** The same bound for every path that is bound or connected. */
export function checkedLength(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_PATH_BYTES) return path;
  throw new MtuiError(
    "daemon.unreachable",
    `The socket path is ${bytes} bytes long, over ${MAX_PATH_BYTES}: ${path}`,
    {
      hint: "Set XDG_RUNTIME_DIR to a shorter directory of your own (mode 700).",
      data: { path, bytes, limit: MAX_PATH_BYTES },
    },
  );
}

function runtimeBase(env: NodeJS.ProcessEnv): string | null {
  const uid = process.getuid?.();
  const candidates = [env["XDG_RUNTIME_DIR"], uid === undefined ? undefined : `/run/user/${uid}`];
  for (const candidate of candidates) {
    if (candidate !== undefined && isAbsolute(candidate) && isOurs(candidate, uid))
      return join(candidate, "mtui");
  }
  return null;
}

/**
 * A variable that survived `su` or a logout names a directory that is not ours or is gone, and one
 * that others may write to is no place for a socket.
 */
function isOurs(path: string, uid: number | undefined): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isDirectory() && (uid === undefined || stat.uid === uid) && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}
