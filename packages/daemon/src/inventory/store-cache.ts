import { randomBytes } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { MtuiError } from "@mtui/core/protocol";

/** Readers see the old file or the new one, never a part; the name in between cannot be guessed. */
export async function storeCache(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.${randomBytes(8).toString("hex")}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(fresh, bytes, { flag: "wx", mode: 0o600 });
    await rename(fresh, path);
  } catch (cause) {
    await rm(fresh, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MtuiError("inventory.unavailable", `The inventory cannot be kept in ${path}: ${why}`, {
      cause,
      hint: "Check the cache directory (XDG_CACHE_HOME) and its disk.",
      data: { path },
    });
  }
}
