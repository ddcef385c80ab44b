import { shellQuote } from "../ssh/index.ts";
import type { HostLink } from "./host-link.ts";
import type { RemotePaths } from "./remote-paths.ts";

/**
 * One line of the host's shared history, `<epoch>:<user>:<field>...` (docs/formats/locks.md,
 * "History"). Appended in one write and never rewritten: others append to it too.
 */
export function historyLine(epoch: number, entry: { user: string; fields: readonly string[] }): string {
  const clean = [entry.user, ...entry.fields].map((each) => each.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " "));
  return [String(epoch), ...clean].join(":");
}

/** @returns whether the line is in the file. */
export async function appendHistory(
  link: HostLink,
  options: { paths: RemotePaths; line: string },
): Promise<boolean> {
  try {
    const { status } = await link.control(
      `printf '%s\\n' ${shellQuote(options.line)} >>${shellQuote(options.paths.history)}`,
    );
    return status === 0;
  } catch {
    return false;
  }
}
