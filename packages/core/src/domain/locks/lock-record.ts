import { MtuiError } from "../../protocol/errors.ts";
import { hasControlCharacters, printable } from "../grammar/control-characters.ts";
import { integerDigits, parseInteger } from "../grammar/integer.ts";

/** One lock file's content: `<epoch>:<user>:<pid>[:<comment>]` (docs/formats/locks.md, "Bytes"). */
export interface LockRecord {
  /** Seconds since 1970 by the writer's clock; `null` where the file's text is no number. */
  readonly epoch: number | null;
  readonly user: string;
  readonly pid: number;
  /** Empty for none. */
  readonly comment: string;
}

export type LockFile =
  | { readonly state: "free" }
  | { readonly state: "held"; readonly record: LockRecord }
  /** Locked by somebody unknown; `text` is the start of what the file holds, as it is. */
  | { readonly state: "malformed"; readonly text: string };

/** A lock's line is shorter than this; a reader needs to fetch no more bytes than these. */
export const LOCK_FILE_LIMIT = 4096;

/**
 * Reads a lock file of any mtui. Only its first line counts. Free is the empty file and, as for all
 * other mtuis, a record with an empty user; whatever cannot be read is held by somebody unknown.
 */
export function parseLockFile(bytes: Buffer): LockFile {
  if (bytes.length === 0) return { state: "free" };
  const head = bytes.subarray(0, LOCK_FILE_LIMIT);
  const end = head.indexOf(0x0a);
  const text = head.toString("utf8");
  const malformed: LockFile = { state: "malformed", text: text.slice(0, 256) };
  if (end === -1 && bytes.length > LOCK_FILE_LIMIT) return malformed;
  const line = (end === -1 ? head : head.subarray(0, end)).toString("utf8").trim();
  const fields = splitFields(line);
  if (fields === null) return malformed;
  const [epochText, user, pidText, comment] = fields;
  const pid = parseInteger(pidText);
  if (pid === null) {
    // A number that is merely too large still makes a record, and one without user is free.
    return user === "" && integerDigits(pidText) !== null ? { state: "free" } : malformed;
  }
  if (user === "") return { state: "free" };
  return { state: "held", record: { epoch: parseInteger(epochText), user, pid, comment } };
}

/**
 * The bytes of our own record, without newline.
 * @throws MtuiError config.invalid for a user, params.invalid for a comment or number that would
 * break the format
 */
export function formatLock(record: LockRecord): string {
  const { epoch, user, pid } = record;
  const comment = record.comment.trim();
  if (user === "" || user !== user.trim() || user.includes(":") || hasControlCharacters(user)) {
    throw new MtuiError("config.invalid", `"${printable(user)}" cannot stand as user in a lock file.`, {
      hint: "Set the user to a plain login name, without colon, blanks around it or control characters.",
    });
  }
  if (epoch === null || !Number.isSafeInteger(epoch) || epoch < 0 || !Number.isSafeInteger(pid) || pid < 0) {
    throw new MtuiError("params.invalid", "A lock needs its time in whole seconds and a process number.", {
      hint: "This is a fault of mtuid; its log has the details: mtuictl daemon logs",
    });
  }
  if (hasControlCharacters(comment)) {
    throw new MtuiError("params.invalid", `A lock's comment is one line of text: "${printable(comment)}".`, {
      hint: "Leave newlines and control characters out of the comment.",
    });
  }
  const text = comment === "" ? `${epoch}:${user}:${pid}` : `${epoch}:${user}:${pid}:${comment}`;
  if (Buffer.byteLength(text) > LOCK_FILE_LIMIT) {
    throw new MtuiError("params.invalid", `A lock's text may have ${LOCK_FILE_LIMIT} bytes at most.`, {
      hint: "Use a shorter comment.",
    });
  }
  return text;
}

/** Splits at the first three colons; the fourth field may hold more of them. */
function splitFields(line: string): [string, string, string, string] | null {
  const parts = line.split(":");
  const [epoch, user, pid, ...comment] = parts;
  if (epoch === undefined || user === undefined || pid === undefined) return null;
  return [epoch, user, pid, comment.join(":")];
}
