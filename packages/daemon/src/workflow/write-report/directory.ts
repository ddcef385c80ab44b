import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { MtuiError } from "@mtui/core/protocol";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/**
 * A directory held open. Paths below it go through its descriptor, so that nobody can put a link in
 * its place between a check and a write.
 */
export interface OpenDirectory extends AsyncDisposable {
  readonly handle: FileHandle;
  /** Path of a file directly in it. */
  path(name: string): string;
}

/** @throws MtuiError template.unsafe for a link, report.io for what else stops it */
export async function openDirectory(path: string): Promise<OpenDirectory> {
  try {
    const handle = await open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return {
      handle,
      path: (name) => join(`/proc/self/fd/${handle.fd}`, fileName(name)),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (thrown) {
    throw ioError(thrown, `the directory ${path}`);
  }
}

/** A directory in another one, made if it is missing. */
export async function openChild(parent: OpenDirectory, name: string): Promise<OpenDirectory> {
  const path = parent.path(name);
  try {
    await mkdir(path, { mode: 0o755 });
  } catch (thrown) {
    if (codeOf(thrown) !== "EEXIST") throw ioError(thrown, `the directory ${name}`);
  }
  return openDirectory(path);
}

function fileName(name: string): string {
  if (!/^[^/\0]+$/.test(name) || name === "." || name === "..") throw unsafe(`the file name "${name}"`);
  return name;
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

export function unsafe(what: string): MtuiError {
  return new MtuiError(
    "template.unsafe",
    `Nothing was written: ${what} is not a plain file or directory of the report.`,
    {
      hint: "Look for symbolic links in the template's directory and replace them by what they point to.",
    },
  );
}

/** What the file system said; links are refused by it as ELOOP, or ENOTDIR where a directory was asked for. */
export function ioError(thrown: unknown, what: string): MtuiError {
  if (thrown instanceof MtuiError) return thrown;
  const code = codeOf(thrown);
  if (code === "ELOOP" || code === "ENOTDIR") return unsafe(what);
  return new MtuiError("report.io", `The report could not be written: ${what}: ${code || String(thrown)}.`, {
    hint: "Check owner, mode and free space of the template's directory, then export again.",
    cause: thrown,
  });
}
