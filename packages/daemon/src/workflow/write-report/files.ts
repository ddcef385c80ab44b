import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { lstat, open, readdir, rename, unlink } from "node:fs/promises";
import { MtuiError } from "@mtui/core/protocol";
import { codeOf, ioError, type OpenDirectory, unsafe } from "./directory.ts";

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/** Reports have a few hundred kilobytes; a gigabyte is a mistake. */
const READ_LIMIT = 64 * 1024 * 1024;

export interface ReadFile {
  readonly bytes: Buffer;
  readonly mode: number;
}

/** A plain file's contents, or null when there is none. @throws MtuiError template.unsafe, report.io */
export async function readPlain(directory: OpenDirectory, name: string): Promise<ReadFile | null> {
  try {
    await using file = await open(directory.path(name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const { size, mode } = await file.stat().then((stat) => {
      if (!stat.isFile()) throw unsafe(name);
      return stat;
    });
    if (size > READ_LIMIT) throw new MtuiError("report.io", `${name} has more than ${READ_LIMIT} bytes.`);
    return { bytes: await file.readFile(), mode: mode & 0o777 };
  } catch (thrown) {
    if (codeOf(thrown) === "ENOENT") return null;
    throw ioError(thrown, name);
  }
}

/**
 * Replaces a file as a whole: readers see the old one or the new one. `check` runs when everything
 * but the rename is done; its throw leaves the old file in place.
 * @throws MtuiError report.io
 */
export async function writeWhole(
  directory: OpenDirectory,
  {
    name,
    bytes,
    mode = 0o644,
    check,
  }: { name: string; bytes: Buffer; mode?: number; check?: () => Promise<void> },
): Promise<void> {
  const temporary = directory.path(`.${name}.${randomUUID()}`);
  await sweep(directory, name);
  try {
    {
      await using file = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
      await file.writeFile(bytes);
      await file.sync();
    }
    await check?.();
    await rename(temporary, directory.path(name));
    await directory.handle.sync();
  } catch (thrown) {
    await unlink(temporary).catch(() => undefined);
    throw ioError(thrown, name);
  }
}

/** What a daemon that died in the middle left beside the file. Nobody takes an hour for one. */
const ABANDONED_MS = 3_600_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function sweep(directory: OpenDirectory, name: string): Promise<void> {
  const mine = `.${name}.`;
  const entries = await readdir(`/proc/self/fd/${directory.handle.fd}`).catch(() => []);
  for (const entry of entries.filter((each) => each.startsWith(mine) && UUID.test(each.slice(mine.length)))) {
    const path = directory.path(entry);
    const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_MS) await unlink(path).catch(() => undefined);
  }
}

export function contentHash(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A host's name as a file's: what had to be changed is made distinct again by a hash. */
export function hostFileName(host: string): string {
  const plain = host
    .replaceAll(/[^A-Za-z0-9._-]/g, "_")
    .replace(/^\.+/, "_")
    .slice(0, 100);
  return plain === host ? plain : `${plain}-${contentHash(Buffer.from(host)).slice(0, 8)}`;
}
