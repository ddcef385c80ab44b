import { MtuiError } from "../../protocol/errors.ts";
import { hasControlCharacters, printable } from "../grammar/control-characters.ts";

/**
 * What our own lock comments say (docs/formats/locks.md, "Our comments"). The first words are those
 * that the other mtuis look for; daemon id and nonce at the end are what makes a lock ours.
 */
export interface OurComment {
  readonly kind: "pool" | "operation";
  /** The operation's name (`update`, `lock`, ...); `null` in a pool lock. */
  readonly operation: string | null;
  /** Canonical RRID; `null` for a workspace without a report. */
  readonly rrid: string | null;
  readonly workspace: string;
  readonly daemonId: string;
  /** One per taking; tells a lock of ours from its successor. */
  readonly nonce: string;
  /** What a person wrote to a lock taken by hand. */
  readonly note?: string;
}

const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;
const OPERATION = /^[a-z][a-z0-9_-]{0,31}$/;
const WORKSPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(?:\/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?$/;
const RRID = /^SUSE:[A-Za-z0-9._:-]{1,80}$/;
const OURS =
  /^mtui (?<operation>\S+) (?<rrid>\S+) \[(?<workspace>[^\]\s]+)\](?: (?<note>\S.*))? d=(?<daemonId>\S+) n=(?<nonce>\S+)$/;

/**
 * `mtui pool <RRID or -> [<workspace>] d=<daemon id> n=<nonce>`, with the operation's name in place of
 * `pool` in an operation lock.
 * @throws MtuiError params.invalid when a part would not read back as itself
 */
export function ourComment(parts: OurComment): string {
  const operation = parts.kind === "pool" ? "pool" : (parts.operation ?? "");
  check(
    OPERATION.test(operation) && (parts.kind === "pool") === (operation === "pool"),
    "operation",
    operation,
  );
  check(parts.rrid === null || RRID.test(parts.rrid), "RRID", parts.rrid ?? "");
  check(WORKSPACE.test(parts.workspace), "workspace", parts.workspace);
  check(TOKEN.test(parts.daemonId), "daemon id", parts.daemonId);
  check(TOKEN.test(parts.nonce), "nonce", parts.nonce);
  const note = parts.note?.trim() ?? "";
  check(note.length <= 500 && !hasControlCharacters(note), "comment", note);
  return [
    `mtui ${operation} ${parts.rrid ?? "-"} [${parts.workspace}]`,
    ...(note === "" ? [] : [note]),
    `d=${parts.daemonId} n=${parts.nonce}`,
  ].join(" ");
}

/** Reads a comment that `ourComment` made; `null` for everybody else's. */
export function parseOurComment(comment: string): OurComment | null {
  const found = OURS.exec(comment)?.groups;
  if (found === undefined || hasControlCharacters(comment)) return null;
  const { operation = "", rrid = "", workspace = "", note, daemonId = "", nonce = "" } = found;
  if (!OPERATION.test(operation) || !WORKSPACE.test(workspace)) return null;
  if (!TOKEN.test(daemonId) || !TOKEN.test(nonce) || !(rrid === "-" || RRID.test(rrid))) return null;
  const pool = operation === "pool";
  return {
    kind: pool ? "pool" : "operation",
    operation: pool ? null : operation,
    rrid: rrid === "-" ? null : rrid,
    workspace,
    daemonId,
    nonce,
    ...(note === undefined ? {} : { note }),
  };
}

/** A lock's comment as people read it: ours without the daemon id and nonce, which tell them nothing. */
export function readableComment(comment: string): string {
  return parseOurComment(comment) === null ? comment : comment.replace(/ d=\S+ n=\S+$/, "");
}

/** The user field of our locks: no other mtui takes a file of ours for its own user's. */
export function ourLockUser(user: string): string {
  return `${user}+mtuid`;
}

function check(valid: boolean, part: string, value: string): void {
  if (valid) return;
  throw new MtuiError(
    "params.invalid",
    `"${printable(value)}" cannot stand as ${part} in a lock's comment.`,
    {
      hint: "Use letters, digits, '.', '_' and '-' in names, and one line of text as comment.",
    },
  );
}
