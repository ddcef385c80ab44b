import { lockBytes } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import type {
  DropAnswer,
  DropStep,
  SwapAnswer,
  SwapStep,
} from "../../../packages/daemon/src/hosts/lock-port.ts";
import { lockName, privateName } from "./names.ts";
import type { Protocol } from "./link.ts";
import {
  drop,
  dropScript,
  guarded,
  readScript,
  same,
  swapScript,
  take,
  tidyScript,
  writePrivate,
} from "./our-script.ts";
import { reads, type Script, type Self, writes } from "./script.ts";

/** The product's protocol. */
export const safe: Protocol = (self) => ({
  swap: (step) => swapScript(self, step),
  drop: (step) => dropScript(self, step),
  read: (kind) => readScript(self, kind),
  tidy: (nonces) => tidyScript(self, nonces),
});

export interface UnsafeProtocol {
  readonly name: string;
  /** The row of docs/pitfalls.md that it breaks. */
  readonly pitfall: number;
  readonly protocol: Protocol;
}

function unsafe(
  name: string,
  pitfall: number,
  parts: (self: Self) => Partial<ReturnType<Protocol>>,
): UnsafeProtocol {
  return { name, pitfall, protocol: (self) => ({ ...safe(self), ...parts(self) }) };
}

/** Protocols that others had, or that look good enough. They are here to be found out. */
export const UNSAFE: readonly UnsafeProtocol[] = [
  unsafe("what cannot be read is free", 7, (self) => ({
    // In everything else as careful as ours, so that it is this that is found.
    swap: (step) => guarded(self, writeOver(self, step, { errorsAreFree: true })),
  })),
  unsafe("read, then write", 7, (self) => ({
    swap: (step) => writeOver(self, step, { errorsAreFree: false }),
  })),
  unsafe("read, remove, create as a reap", 8, (self) => ({ swap: (step) => removeAndCreate(self, step) })),
  unsafe("rename away and verify", 8, (self) => ({ swap: (step) => renameAway(self, step) })),
  unsafe("rename over and read back", 8, (self) => ({ swap: (step) => renameOver(self, step) })),
  unsafe("an unguarded release beside a guarded reap", 8, (self) => ({
    drop: (step) => drop(self, { ...step, matches: (name) => same(self, name, lockBytes(step.text)) }),
  })),
  unsafe("a release that only looks for a file", 8, (self) => ({ drop: (step) => dropAnything(self, step) })),
  unsafe("a force that compares nothing", 8, (self) => ({
    drop: (step) => (step.nonce === undefined ? dropAnything(self, step) : dropScript(self, step)),
  })),
  unsafe("empty is free at first sight", 9, (self) => ({ swap: (step) => emptyAtOnce(self, step) })),
  unsafe("a lock belongs to the process", 11, (self) => ({
    swap: (step) => takeByProcess(self, step),
    drop: (step) => dropByProcess(self, step),
  })),
];

/** @returns false when it has to be given up */
function* matches(self: Self, { expected, lock }: SwapStep): Script<SwapAnswer | null> {
  const name = lockName(lock.kind);
  yield reads(name, "unsafe: look");
  const bytes = self.host.read(name);
  self.saw(name, bytes);
  if (bytes === null) return null;
  if (bytes.length === 0) return expected.state === "empty" ? null : { state: "empty" };
  return expected.state === "bytes" && expected.bytes.equals(bytes) ? null : { state: "exists" };
}

function* create(self: Self, { lock }: SwapStep): Script<SwapAnswer> {
  const name = lockName(lock.kind);
  yield writes(name, "unsafe: link");
  return { state: self.host.link(privateName(lock.nonce), name, self.pid) ? "taken" : "exists" };
}

function* removeAndCreate(self: Self, step: SwapStep): Script<SwapAnswer> {
  const name = lockName(step.lock.kind);
  const no = yield* matches(self, step);
  if (no !== null) return no;
  yield* writePrivate(self, step.lock);
  if (step.expected.state !== "absent") {
    yield writes(name, "unsafe: remove");
    self.host.unlink(name, self.pid);
  }
  return yield* create(self, step);
}

function* renameAway(self: Self, step: SwapStep): Script<SwapAnswer> {
  const { host, pid } = self;
  const name = lockName(step.lock.kind);
  const aside = `${privateName(step.lock.nonce)}.aside`;
  yield* writePrivate(self, step.lock);
  if (step.expected.state === "absent") {
    const no = yield* matches(self, step);
    return no ?? (yield* create(self, step));
  }
  yield writes(name, "unsafe: rename away");
  if (host.rename(name, aside, pid)) {
    const bytes = host.read(aside);
    const wanted = step.expected.state === "bytes" ? step.expected.bytes : Buffer.alloc(0);
    if (bytes !== null && !bytes.equals(wanted)) {
      yield writes(name, "unsafe: put back");
      host.link(aside, name, pid);
      host.unlink(aside, pid);
      return { state: "exists" };
    }
    host.unlink(aside, pid);
  }
  return yield* create(self, step);
}

function* renameOver(self: Self, step: SwapStep): Script<SwapAnswer> {
  const { host, pid } = self;
  const name = lockName(step.lock.kind);
  const no = yield* matches(self, step);
  if (no !== null) return no;
  yield* writePrivate(self, step.lock);
  yield writes(name, "unsafe: rename over");
  host.rename(privateName(step.lock.nonce), name, pid);
  yield reads(name, "unsafe: read back");
  return { state: host.read(name)?.toString() === step.lock.bytes ? "taken" : "exists" };
}

function* writeOver(
  self: Self,
  { lock, expected }: SwapStep,
  { errorsAreFree }: { errorsAreFree: boolean },
): Script<SwapAnswer> {
  const { host, pid } = self;
  const name = lockName(lock.kind);
  yield reads(name, "unsafe: look");
  const bytes = host.read(name);
  self.saw(name, bytes);
  if (bytes === null && host.kind(name) !== null && !errorsAreFree) return { state: "exists" };
  if (bytes?.length === 0 && expected.state !== "empty") return { state: "empty" };
  if (bytes !== null && bytes.length > 0 && !(expected.state === "bytes" && expected.bytes.equals(bytes)))
    return { state: "exists" };
  yield writes(name, "unsafe: open w+");
  const node = host.openTruncate(name, pid);
  if (node === null) return { state: "error", reason: "cannot be opened" };
  yield writes(name, "unsafe: write");
  host.write(node, Buffer.from(lock.bytes), pid);
  return { state: "taken" };
}

function* emptyAtOnce(self: Self, step: SwapStep): Script<SwapAnswer> {
  const answer = yield* swapScript(self, step);
  if (answer.state !== "empty") return answer;
  return yield* swapScript(self, { ...step, expected: { state: "empty" } });
}

function* dropAnything(self: Self, step: DropStep): Script<DropAnswer> {
  const anything = function* (): Script<boolean> {
    yield reads(lockName(step.kind), "unsafe: there is one");
    return true;
  };
  return yield* guarded(self, drop(self, { kind: step.kind, matches: anything }));
}

function sameProcess(one: string, other: string): boolean {
  const who = (text: string): string =>
    `${text.split(":").slice(1, 3).join(":")} ${/ d=\S+/.exec(text)?.[0] ?? ""}`;
  return who(one) === who(other);
}

/** Taken again without a word, as the other mtuis take their own. */
function* takeByProcess(self: Self, step: SwapStep): Script<SwapAnswer> {
  const name = lockName(step.lock.kind);
  const answer = yield* swapScript(self, step);
  if (answer.state !== "exists" || step.mustExist === true) return answer;
  yield reads(name, "unsafe: whose?");
  const bytes = self.host.read(name);
  if (bytes === null || !sameProcess(bytes.toString(), step.lock.bytes)) return answer;
  return yield* guarded(self, take(self, { ...step, expected: { state: "bytes", bytes } }));
}

function* dropByProcess(self: Self, step: DropStep): Script<DropAnswer> {
  const whose = function* (name: string): Script<boolean> {
    yield reads(name, "unsafe: whose?");
    return sameProcess(self.host.read(name)?.toString() ?? "", step.text);
  };
  return yield* guarded(self, drop(self, { kind: step.kind, matches: whose }));
}
