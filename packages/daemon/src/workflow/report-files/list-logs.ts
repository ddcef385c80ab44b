import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { MtuiError } from "@mtui/core/protocol";
import { openDirectoryBelow } from "./read-below.ts";

/** Files of one directory that are listed. */
const MAX_FILES = 1000;

export interface LogList {
  readonly files: { name: string; size: number }[];
  readonly leftOut: number;
}

/**
 * The plain files directly in a directory of the report, by name; none when there is no such directory.
 * @throws MtuiError file.unsafe when it is something else, report.io
 */
export async function listLogs(directory: string, name: string): Promise<LogList> {
  try {
    await using child = await openDirectoryBelow(directory, name);
    const path = `/proc/self/fd/${child.handle.fd}`;
    const names = (await readdir(path, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .toSorted();
    const files = await Promise.all(
      names.slice(0, MAX_FILES).map(async (each) => ({
        name: each,
        size: (await lstat(join(path, each)).catch(() => null))?.size ?? 0,
      })),
    );
    return { files, leftOut: names.length - files.length };
  } catch (thrown) {
    if (thrown instanceof MtuiError && thrown.kind === "file.notFound") return { files: [], leftOut: 0 };
    throw thrown;
  }
}
