import type { HostResult } from "@mtui/core/registry";
import { fairShare } from "@mtui/core/text";

type Command = Pick<HostResult["commands"][number], "stdout" | "stderr" | "dropped">;

/**
 * Bytes of JSON that the output of all commands of one result may have. A reply has 8 MiB at most; the
 * rest of a result is small.
 */
const OUTPUT_BYTES = 6 * 1024 * 1024;

/**
 * A result that fits into one reply, however many hosts said however much: the longest outputs lose
 * their middle, all to the same length, and `dropped` counts what is missing. The hosts' install logs
 * are made from the whole.
 */
export function fitOutput<R extends { hosts: { commands: Command[] }[] }>(
  result: R,
  bytes: number = OUTPUT_BYTES,
): R {
  const commands = result.hosts.flatMap((host) => host.commands);
  const limit = fairShare(
    commands.flatMap(({ stdout, stderr }) => [jsonBytes(stdout), jsonBytes(stderr)]),
    bytes,
  );
  if (limit === Number.POSITIVE_INFINITY) return result;
  const hosts = result.hosts.map((host) => ({
    ...host,
    commands: host.commands.map((command) => shorten(command, limit)),
  }));
  return { ...result, hosts };
}

function shorten(command: Command, limit: number): Command {
  const stdout = cut(command.stdout, limit);
  const stderr = cut(command.stderr, limit);
  const before = Buffer.byteLength(command.stdout) + Buffer.byteLength(command.stderr);
  const missing = before - Buffer.byteLength(stdout) - Buffer.byteLength(stderr);
  return { ...command, stdout, stderr, dropped: command.dropped + Math.max(0, missing) };
}

/** Head and tail: what it wanted to do, and what went wrong. */
function cut(text: string, limit: number): string {
  let size = jsonBytes(text);
  let shorter = text;
  for (let half = text.length / 2; size > limit && half >= 1; size = jsonBytes(shorter)) {
    half = Math.floor(half * Math.min(0.9, (limit / size) * 0.95));
    const head = text.slice(0, half).toWellFormed();
    const tail = half === 0 ? "" : text.slice(-half).toWellFormed();
    shorter = `${head}\n[... ${text.length - 2 * half} characters left out ...]\n${tail}`;
  }
  return shorter;
}

function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}
