import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { KeyedLock } from "../keyed-lock.ts";
import { withFileLock } from "./file-lock.ts";
import { keyTypeOf } from "./parse.ts";

const inProcess = new KeyedLock();

/**
 * Remember a host key as `accept-new` does: one line appended, never the file rewritten. Writers are
 * ordered by a lock inside the process and by a lock file between processes; `stillWanted` looks
 * again under the lock, because another connect may have been faster.
 * @returns whether a line was written.
 */
export async function appendKnownHost(
  file: string,
  options: { name: string; key: Buffer; stillWanted: () => Promise<boolean> },
): Promise<boolean> {
  return await inProcess.run(file, async () => {
    if (await isSpecial(file)) return false;
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    return await withFileLock(`${file}.mtui-lock`, async () => {
      if (!(await options.stillWanted())) return false;
      await appendLine(
        file,
        `${options.name} ${keyTypeOf(options.key) ?? ""} ${options.key.toString("base64")}`,
      );
      return true;
    });
  });
}

/** `UserKnownHostsFile /dev/null` means: remember nothing. */
async function isSpecial(file: string): Promise<boolean> {
  if (file === "none") return true;
  const info = await stat(file).catch(() => null);
  return info !== null && !info.isFile();
}

async function appendLine(file: string, line: string): Promise<void> {
  await using handle = await open(file, "a+", 0o600);
  const { size } = await handle.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await handle.read(last, 0, 1, size - 1);
  // A hand-edited file may lack its last line feed; gluing our line to it would spoil both.
  const lead = size > 0 && last[0] !== 0x0a ? "\n" : "";
  await handle.appendFile(`${lead}${line}\n`);
}
