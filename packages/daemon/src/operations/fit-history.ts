import type { ResultOf } from "@mtui/core/registry";
import { fairShare } from "@mtui/core/text";

type History = ResultOf<"list_history">["hosts"][number];

/** Bytes of JSON that the lines of all hosts may have together; a reply has 8 MiB at most. What one host has always fits. */
const LINES_BYTES = 6 * 1024 * 1024;

/**
 * Histories that fit into one reply, however many hosts have however long ones: the longest lose their oldest
 * lines, all down to the same size, and each says how many.
 * @param hosts with their lines, newest first
 */
export function fitHistory(
  hosts: readonly Pick<History, "host" | "entries">[],
  bytes: number = LINES_BYTES,
): History[] {
  const sizes = hosts.map(({ entries }) => entries.map(jsonBytes));
  const limit = fairShare(
    sizes.map((each) => each.reduce((sum, size) => sum + size, 0)),
    bytes,
  );
  return hosts.map(({ host, entries }, index) => {
    const count = countWithin(sizes[index] ?? [], limit);
    return { host, entries: entries.slice(0, count), left_out: entries.length - count };
  });
}

function countWithin(sizes: readonly number[], limit: number): number {
  let sum = 0;
  const over = sizes.findIndex((size) => (sum += size) > limit);
  return over === -1 ? sizes.length : over;
}

function jsonBytes(entry: History["entries"][number]): number {
  return Buffer.byteLength(JSON.stringify(entry)) + 1;
}
