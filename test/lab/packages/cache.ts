import { createHash, randomBytes } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { onOverlay } from "../overlay.ts";
import { ensurePrivate } from "../private-directory.ts";

/**
 * Built packages and baked layers are kept between runs, each under the hash of everything that it was
 * made from. An entry appears by a rename, so that concurrent runs either see a whole one or make
 * their own; losing that race is harmless.
 */
export function cacheRoot(): string {
  const base = process.env.XDG_CACHE_HOME;
  const usual = join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "mtui-lab");
  // rpmbuild's macros and an overlay's mount options cannot take blanks, colons or commas.
  if (/^[A-Za-z0-9._/@+-]+$/.test(usual)) return usual;
  const plain = join(tmpdir(), `mtui-lab-cache-${process.getuid?.() ?? 0}`);
  ensurePrivate(plain);
  return plain;
}

/** Layers hold an overlay's whiteouts, which an overlay itself cannot store. */
function layerRoot(): string {
  if (!onOverlay(cacheRoot())) return cacheRoot();
  const shared = `/dev/shm/mtui-lab-cache-${process.getuid?.() ?? 0}`;
  ensurePrivate(shared);
  return shared;
}

export function contentKey(...parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}

/** The directory of `key`, made by `make` in a scratch directory if it is not there yet. */
export async function cached(
  kind: "rpm" | "layer",
  entry: { key: string; make: (scratch: string) => Promise<void> },
): Promise<string> {
  const place = join(kind === "layer" ? layerRoot() : cacheRoot(), kind, entry.key);
  if (await exists(place)) return place;
  const scratch = `${place}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await mkdir(scratch, { recursive: true });
  try {
    await entry.make(scratch);
    await rename(scratch, place);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    if (!(await exists(place))) throw error;
  }
  return place;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
