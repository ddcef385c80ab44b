import { shellQuote } from "../ssh/index.ts";
import type { HostLink } from "./host-link.ts";
import { lockBytes } from "./lock-identity.ts";
import { hexWords } from "./lock-script.ts";
import { type LockKind, lockPath, type RemotePaths, temporaryPath } from "./remote-paths.ts";
import type { HeldLock } from "./session.ts";

/** Where the steps are done: one script in the control shell each, and so one round trip. */
export interface LockPlace {
  readonly link: HostLink;
  readonly paths: RemotePaths;
}

/**
 * Puts our bytes in place of what is expected: "" = no file, "empty", or the hexadecimal words of the
 * bytes to replace; with `mustExist` a missing file is no invitation.
 * @returns `taken`, `exists`, `empty`, `odd`, or `error REASON`
 * @throws MtuiError host.lost and others: whether it was done is then unknown.
 */
export async function swapStep(
  { link, paths }: LockPlace,
  step: { lock: HeldLock; expected: string; mustExist: boolean },
): Promise<string> {
  const { lock, expected, mustExist } = step;
  const words = [lockPath(paths, lock.kind), temporaryPath(paths, lock.nonce), lock.bytes, expected].map(
    shellQuote,
  );
  const call = `mtui_guarded mtui_take ${words.join(" ")} ${mustExist ? "must" : "any"}`;
  return firstLine((await link.control(`${call}; printf '%s\\n' "$r"`)).output);
}

/**
 * Removes the file if it has exactly these bytes, and the private file of a lock of ours with it; with
 * `idle` only while no command is at work behind the fence.
 * @returns `released`, `absent`, `foreign`, or `error REASON`
 * @throws as `swapStep`
 */
export async function dropStep(
  { link, paths }: LockPlace,
  step: { kind: LockKind; text: string; nonce?: string; idle?: boolean },
): Promise<string> {
  const hex = lockBytes(step.text).map((bytes) => shellQuote(hexWords(bytes)));
  const temporary = step.nonce === undefined ? "" : shellQuote(temporaryPath(paths, step.nonce));
  const call = `mtui_guarded ${step.idle === true ? "mtui_idle " : ""}mtui_drop mtui_same ${shellQuote(lockPath(paths, step.kind))} ${hex[0]} ${hex[1] ?? hex[0]}`;
  return firstLine((await link.control(`${call} ${temporary}; printf '%s\\n' "$r"`)).output);
}

export type LockSeen =
  | { readonly state: "absent" }
  /** `clock`: seconds by the host's clock. */
  | { readonly state: "file"; readonly bytes: Buffer; readonly clock: number }
  | { readonly state: "unreadable"; readonly reason: string };

const LOOKS = 4;

/** Only "no such file" is absent; whatever else is wrong is a reason. @throws as `swapStep` */
export async function readStep({ link, paths }: LockPlace, kind: LockKind): Promise<LockSeen> {
  for (let look = 0; look < LOOKS; look += 1) {
    const { output, status } = await link.control(`mtui_read ${shellQuote(lockPath(paths, kind))}`);
    const line = firstLine(output);
    const [word, clock] = line.split(" ");
    if (word === "absent") return { state: "absent" };
    if (word === "odd") return { state: "unreadable", reason: "it is not a plain file" };
    if (word === "error") return { state: "unreadable", reason: reasonOf(line) };
    if (word === "file" && status === 0) {
      return { state: "file", bytes: output.subarray(Buffer.byteLength(line) + 1), clock: Number(clock) };
    }
    // It went away between the look and the read; look again.
  }
  return { state: "unreadable", reason: "the lock file cannot be read" };
}

function firstLine(output: Buffer): string {
  const end = output.indexOf(0x0a);
  return output.toString("utf8", 0, end < 0 ? output.length : end).slice(0, 1000);
}

/** `error sh: 1: cannot create /var/lock/x: Read-only file system` without the shell's own words. */
export function reasonOf(word: string): string {
  const text = word.replace(/^error ?/, "").replace(/^(?:\S*sh: )?(?:line )?(?:\d+: )?/, "");
  return text === "" ? "the host gave no reason" : text;
}
