import { shellQuote } from "../ssh/index.ts";
import type { HostLink } from "./host-link.ts";
import { lockBytes } from "./lock-identity.ts";
import type {
  DropAnswer,
  DropStep,
  Expected,
  LockPort,
  LockSeen,
  SwapAnswer,
  SwapStep,
} from "./lock-port.ts";
import { hexWords } from "./lock-script.ts";
import { type LockKind, lockPath, type RemotePaths, temporaryPath } from "./remote-paths.ts";

/** Where the steps are done: one script in the control shell each, and so one round trip. */
export interface LockPlace {
  readonly link: Pick<HostLink, "control" | "connected">;
  readonly paths: RemotePaths;
}

/** The lock protocol as it runs on hosts: the functions of `lockFunctions` and `takeFunctions`. */
export function shellLockPort(place: LockPlace): LockPort {
  return {
    swap: async (step) => await swap(place, step),
    drop: async (step) => await drop(place, step),
    read: async (kind) => await read(place, kind),
    tidy: async (nonces) => await tidy(place, nonces),
  };
}

async function swap(place: LockPlace, { lock, expected, mustExist }: SwapStep): Promise<SwapAnswer> {
  const { link, paths } = place;
  const words = [
    lockPath(paths, lock.kind),
    temporaryPath(paths, lock.nonce),
    lock.bytes,
    expectedWord(expected),
  ].map(shellQuote);
  const call = `mtui_guarded mtui_take ${words.join(" ")} ${mustExist === true ? "must" : "any"}`;
  const word = firstLine((await link.control(`${call}; printf '%s\\n' "$r"`)).output);
  if (word === "taken" || word === "exists" || word === "empty" || word === "odd") return { state: word };
  return { state: "error", reason: reasonOf(word) };
}

function expectedWord(expected: Expected): string {
  if (expected.state === "bytes") return hexWords(expected.bytes);
  return expected.state === "empty" ? "empty" : "";
}

async function drop(place: LockPlace, step: DropStep): Promise<DropAnswer> {
  const { link, paths } = place;
  const hex = lockBytes(step.text).map((bytes) => shellQuote(hexWords(bytes)));
  const temporary = step.nonce === undefined ? "" : shellQuote(temporaryPath(paths, step.nonce));
  const call = `mtui_guarded ${step.idle === true ? "mtui_idle " : ""}mtui_drop mtui_same ${shellQuote(lockPath(paths, step.kind))} ${hex[0]} ${hex[1] ?? hex[0]}`;
  const word = firstLine((await link.control(`${call} ${temporary}; printf '%s\\n' "$r"`)).output);
  if (word === "released" || word === "absent" || word === "foreign") return { state: word };
  return { state: "error", reason: reasonOf(word) };
}

const LOOKS = 4;

async function read({ link, paths }: LockPlace, kind: LockKind): Promise<LockSeen> {
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

async function tidy({ link, paths }: LockPlace, nonces: readonly string[]): Promise<boolean> {
  if (!link.connected) return false;
  const files = nonces.map((nonce) => shellQuote(temporaryPath(paths, nonce)));
  const done = await link.control(`rm -f ${files.join(" ")}`).catch(() => null);
  return done?.status === 0;
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
