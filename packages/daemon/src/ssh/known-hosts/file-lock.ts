import { open, readFile, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { MtuiError } from "@mtui/core/protocol";

const WAIT_MS = 5000;
const STALE_MS = 30_000;
const POLL_MS = 20;

/**
 * Holds an exclusively created file while `work` runs. It guards appends that are short and harmless
 * when doubled, so a lock that its owner left behind is removed once it is half a minute old.
 * @throws MtuiError host.key when the lock stays taken.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const token = `${process.pid} ${crypto.randomUUID()}\n`;
  await take(path, token);
  try {
    return await work();
  } finally {
    // Only our own: a lock that was found stale may be somebody else's by now.
    const now = await readFile(path, "utf8").catch(() => "");
    if (now === token) await rm(path, { force: true });
  }
}

async function take(path: string, token: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    try {
      await using handle = await open(path, "wx", 0o600);
      await handle.writeFile(token);
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const info = await stat(path).catch(() => null);
    if (info !== null && Date.now() - info.mtimeMs > STALE_MS) await rm(path, { force: true });
    if (Date.now() > deadline) {
      throw new MtuiError("host.key", `Cannot remember a new host key: ${path} is held.`, {
        hint: `If no mtui is running: rm ${path}`,
        retryable: true,
      });
    }
    await sleep(POLL_MS);
  }
}
