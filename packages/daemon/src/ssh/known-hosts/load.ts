import { readFile, stat } from "node:fs/promises";
import { MtuiError } from "@mtui/core/protocol";
import type { KnownHostsEntry } from "./check.ts";
import { parseKnownHosts } from "./parse.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * A file that is not there knows nobody. Any other failure is an error: a file that we cannot read
 * may be the one that revokes the key.
 * @throws MtuiError host.key
 */
export async function loadKnownHosts(files: readonly string[]): Promise<KnownHostsEntry[]> {
  const perFile = await Promise.all(files.map(loadFile));
  return perFile.flat();
}

async function loadFile(file: string): Promise<KnownHostsEntry[]> {
  try {
    const info = await stat(file);
    if (!info.isFile()) return [];
    if (info.size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    const text = await readFile(file, "utf8");
    return parseKnownHosts(text).map((line) => ({ ...line, file }));
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return [];
    const reason = error instanceof Error ? error.message : String(error);
    throw new MtuiError("host.key", `Cannot read ${file}: ${reason}`, {
      hint: `Make the file readable: ls -l ${file}`,
      cause: error,
    });
  }
}
