import { lockBytes } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import type {
  DropAnswer,
  DropStep,
  LockSeen,
  SwapAnswer,
  SwapStep,
} from "../../../packages/daemon/src/hosts/lock-port.ts";
import { READ_LIMIT } from "../../../packages/daemon/src/hosts/lock-script.ts";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import type { Inode } from "./model-host.ts";
import { FENCE, GUARD, lockName, privateName } from "./names.ts";
import { at, reads, type Script, type Self, writes } from "./script.ts";

/**
 * The functions of `lock-script.ts` and `fence-script.ts` as sequences of atomic steps, one function
 * here for one there. `conformance.test.ts` holds the two against each other.
 */

interface Failed {
  readonly state: "error";
  readonly reason: string;
}

const GUARD_MS = 5000;
const READ_ONLY: Failed = { state: "error", reason: "Read-only file system" };

export function* guarded<T>(self: Self, body: Script<T>): Script<T | Failed> {
  const { host, pid } = self;
  yield at("guard: plain?");
  const kind = host.kind(GUARD);
  if (kind !== null && kind !== "file") return { state: "error", reason: "the guard is not a plain file" };
  yield at("guard: open");
  const node = host.openAppend(GUARD);
  if (node === null) return READ_ONLY;
  const had = yield { ...writes(GUARD, "guard: lock"), lock: { node, ms: GUARD_MS } };
  if (!had) return { state: "error", reason: "the guard is busy" };
  const result = yield* body;
  yield writes(GUARD, "guard: let go");
  host.unlock(node, pid);
  return result;
}

export function* same(self: Self, name: string, texts: readonly Buffer[]): Script<boolean> {
  yield reads(name, "compare: plain?");
  if (self.host.kind(name) !== "file") return false;
  yield reads(name, "compare: read");
  const bytes = self.host.read(name);
  self.saw(name, bytes);
  if (bytes === null || bytes.length === 0) return false;
  return texts.some((text) => text.equals(bytes.subarray(0, READ_LIMIT)));
}

/** The lock with this nonce, whatever its time. */
export function* ours(self: Self, name: string, text: string): Script<boolean> {
  yield reads(name, "ours: plain?");
  if (self.host.kind(name) !== "file") return false;
  yield reads(name, "ours: read");
  const bytes = self.host.read(name);
  self.saw(name, bytes);
  return bytes !== null && withoutTime(bytes.toString()) === withoutTime(text);
}

function withoutTime(text: string): string {
  return text.replace(/^[0-9]+:/, "");
}

export function* writePrivate(self: Self, lock: HeldLock): Script<Failed | null> {
  yield at("private: remove");
  self.host.unlink(privateName(lock.nonce), self.pid);
  yield at("private: open");
  const node = self.host.openTruncate(privateName(lock.nonce), self.pid);
  if (node === null) return READ_ONLY;
  yield at("private: write");
  self.host.write(node, Buffer.from(lock.bytes), self.pid);
  return null;
}

export function* take(self: Self, { lock, expected, mustExist }: SwapStep): Script<SwapAnswer> {
  const { host, pid } = self;
  const name = lockName(lock.kind);
  const own = privateName(lock.nonce);
  yield reads(name, "take: there?");
  if (host.kind(name) !== null) {
    yield reads(name, "take: plain?");
    if (host.kind(name) !== "file") return { state: "odd" };
    yield reads(name, "take: empty?");
    if (host.size(name) === 0) {
      self.saw(name, Buffer.alloc(0));
      if (expected.state !== "empty") return { state: "empty" };
    } else if (expected.state !== "bytes" || !(yield* same(self, name, [expected.bytes]))) {
      return { state: "exists" };
    }
    const failed = yield* writePrivate(self, lock);
    if (failed !== null) return failed;
    yield writes(name, "take: rename");
    if (host.rename(own, name, pid)) return { state: "taken" };
    return { state: "error", reason: "cannot replace" };
  }
  if (mustExist === true) return { state: "exists" };
  const failed = yield* writePrivate(self, lock);
  if (failed !== null) return failed;
  yield writes(name, "take: link");
  if (host.link(own, name, pid)) return { state: "taken" };
  yield reads(name, "take: faster?");
  return host.kind(name) === null ? { state: "error", reason: "cannot create" } : { state: "exists" };
}

export function* drop(
  self: Self,
  options: { kind: LockKind; nonce?: string | undefined; matches: (name: string) => Script<boolean> },
): Script<DropAnswer> {
  const { host, pid } = self;
  const name = lockName(options.kind);
  yield reads(name, "drop: there?");
  if (host.kind(name) === null) return { state: "absent" };
  if (!(yield* options.matches(name))) return { state: "foreign" };
  yield writes(name, "drop: remove");
  if (!host.unlink(name, pid)) return { state: "error", reason: "cannot remove" };
  if (options.nonce === undefined) return { state: "released" };
  yield at("drop: remove the private file");
  host.unlink(privateName(options.nonce), pid);
  return { state: "released" };
}

/** Only while nothing of ours is at work; nothing begins meanwhile. */
export function* idle<T>(self: Self, body: Script<T>): Script<T | Failed> {
  const { host, pid } = self;
  yield reads(FENCE, "idle: plain?");
  const kind = host.kind(FENCE);
  if (kind !== null && kind !== "file") return yield* body;
  yield writes(FENCE, "idle: open the fence");
  const node = host.openAppend(FENCE);
  if (node === null) return READ_ONLY;
  yield writes(FENCE, "idle: lock the fence");
  if (!host.lock(node, { exclusive: false, by: pid }))
    return { state: "error", reason: "a command that began under it is still at work" };
  const result = yield* body;
  yield writes(FENCE, "idle: let go of the fence");
  host.unlock(node, pid);
  return result;
}

export function* swapScript(self: Self, step: SwapStep): Script<SwapAnswer> {
  return yield* guarded(self, take(self, step));
}

export function* dropScript(self: Self, step: DropStep): Script<DropAnswer> {
  const texts = lockBytes(step.text);
  const matches = (name: string): Script<boolean> => same(self, name, texts);
  const body = drop(self, { kind: step.kind, nonce: step.nonce, matches });
  return yield* guarded(self, step.idle === true ? idle(self, body) : body);
}

export function* readScript(self: Self, kind: LockKind): Script<LockSeen> {
  const { host } = self;
  const name = lockName(kind);
  for (let look = 0; look < 4; look += 1) {
    yield reads(name, "read: there?");
    if (host.kind(name) === null) {
      self.saw(name, null);
      return { state: "absent" };
    }
    yield reads(name, "read: plain?");
    if (host.kind(name) !== "file") return { state: "unreadable", reason: "it is not a plain file" };
    const clock = Math.floor(self.now() / 1000) + host.clockAhead;
    yield reads(name, "read: contents");
    const bytes = host.read(name)?.subarray(0, READ_LIMIT);
    if (bytes === undefined) continue;
    self.saw(name, bytes);
    return { state: "file", bytes: Buffer.from(bytes), clock };
  }
  return { state: "unreadable", reason: "the lock file cannot be read" };
}

export function* tidyScript(self: Self, nonces: readonly string[]): Script<boolean> {
  let done = true;
  for (const nonce of nonces) {
    yield at("tidy");
    done = self.host.unlink(privateName(nonce), self.pid) && done;
  }
  return done;
}

export interface Fenced {
  readonly locks: readonly HeldLock[];
  /** Milliseconds. */
  readonly work: number;
  /** Gives the first lock back behind the command. */
  readonly release: boolean;
  readonly onWork: (working: boolean) => void;
}

export type FencedEnd = "busy" | "gone" | "fence" | "done" | "released";

export function* fencedScript(self: Self, { locks, work, release, onWork }: Fenced): Script<FencedEnd> {
  const { host, pid } = self;
  yield writes(FENCE, "fence: open");
  const node: Inode | null = host.openAppend(FENCE);
  if (node === null) return "fence";
  yield writes(FENCE, "fence: lock");
  if (!host.lock(node, { exclusive: true, by: pid })) return "busy";
  for (const lock of locks) if (!(yield* ours(self, lockName(lock.kind), lock.bytes))) return "gone";
  onWork(true);
  yield { ...writes(FENCE, "fence: work"), sleep: work };
  onWork(false);
  const [first] = locks;
  if (!release || first === undefined) return "done";
  const { kind, nonce, bytes } = first;
  const body = drop(self, { kind, nonce, matches: (name) => ours(self, name, bytes) });
  const answer = yield* guarded(self, body);
  return answer.state === "released" ? "released" : "done";
}
