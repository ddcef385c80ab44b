import { shellQuote } from "../ssh/index.ts";
import type { HostLink } from "./host-link.ts";
import { lockPath, type RemotePaths } from "./remote-paths.ts";
import type { HeldLock } from "./session.ts";

/**
 * One line of the host's shared history, `<epoch>:<user>:<field>...` (docs/formats/locks.md,
 * "History"). Appended in one write and never rewritten: others append to it too.
 */
export function historyLine(epoch: number, entry: { user: string; fields: readonly string[] }): string {
  const clean = [entry.user, ...entry.fields].map((each) => each.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " "));
  return [String(epoch), ...clean].join(":");
}

/**
 * @param options.lock the operation lock that must stand: the history tells of nothing that a lost lock
 *   keeps from being done
 * @returns whether the line is in the file.
 */
export async function appendHistory(
  link: HostLink,
  options: { paths: RemotePaths; line: string; lock: HeldLock | null },
): Promise<boolean> {
  const { paths, line, lock } = options;
  const stands =
    lock === null ? "" : `mtui_ours ${shellQuote(lockPath(paths, lock.kind))} ${shellQuote(lock.bytes)} && `;
  try {
    const { status } = await link.control(
      `${stands}printf '%s\\n' ${shellQuote(line)} >>${shellQuote(paths.history)}`,
    );
    return status === 0;
  } catch {
    return false;
  }
}
