import { type LockRecord, parseLockFile } from "@mtui/core/domain";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import { STALE_SECONDS } from "./judge.ts";
import { lockName } from "./names.ts";
import { at, reads, type Script, type Self, writes } from "./script.ts";

/**
 * Other people's mtuis, step by step as their SFTP requests arrive (docs/formats/locks.md, "Programs
 * that do not know the guard"). Each request may be a day late.
 */

export interface OtherMtui {
  readonly user: string;
  readonly kind: LockKind;
  /** Milliseconds before it begins, and while it has the host. */
  readonly wait: number;
  readonly hold: number;
  /** Ends at this point without tidying up; null for not at all. */
  readonly dies: "after create" | "while holding" | null;
}

const PID = 13237;

function record(self: Self, user: string): Buffer {
  return Buffer.from(`${Math.floor(self.now() / 1000)}:${user}:${PID}:testing`);
}

function holder(bytes: Buffer | null): LockRecord | null {
  const file = bytes === null ? null : parseLockFile(bytes);
  return file?.state === "held" ? file.record : null;
}

function isStale(self: Self, { epoch }: LockRecord): boolean {
  return epoch !== null && Math.floor(self.now() / 1000) - epoch > STALE_SECONDS;
}

/** Version 19: nothing it does is atomic. Returns whether it thinks to have had the lock. */
export function* mtui19(self: Self, { user, kind, wait, hold, dies }: OtherMtui): Script<boolean> {
  const { host, pid } = self;
  const name = lockName(kind);
  yield { ...at("later"), sleep: wait };
  yield reads(name, "look");
  const before = holder(host.read(name));
  if (before !== null && before.user !== user) {
    if (!isStale(self, before)) return false;
    yield writes(name, "reap");
    host.unlink(name, pid);
  }
  yield writes(name, "open x");
  host.openExclusive(name, pid);
  if (dies === "after create") return false;
  yield reads(name, "open r");
  const found = holder(host.read(name));
  if (found !== null && found.user !== user) return false;
  yield writes(name, "open w+");
  const node = host.openTruncate(name, pid);
  if (node === null) return false;
  yield writes(name, "write");
  host.write(node, record(self, user), pid);
  yield { ...at("have it"), sleep: hold };
  if (dies === "while holding") return true;
  yield reads(name, "look before unlock");
  if (holder(host.read(name))?.user !== user) return true;
  yield writes(name, "unlock");
  host.unlink(name, pid);
  return true;
}

/** Version 26: creates exclusively, and takes everything that it cannot read as locked. */
export function* mtui26(self: Self, { user, kind, wait, hold, dies }: OtherMtui): Script<boolean> {
  const { host, pid } = self;
  const name = lockName(kind);
  yield { ...at("later"), sleep: wait };
  yield writes(name, "create");
  let node = host.openExclusive(name, pid);
  if (node === null) {
    yield reads(name, "look");
    const bytes = host.read(name);
    const found = holder(bytes);
    if (bytes === null || found === null || !isStale(self, found)) return false;
    yield writes(name, "reap");
    host.unlink(name, pid);
    yield writes(name, "create again");
    node = host.openExclusive(name, pid);
    if (node === null) return false;
  }
  if (dies === "after create") return false;
  yield writes(name, "write");
  host.write(node, record(self, user), pid);
  yield { ...at("have it"), sleep: hold };
  if (dies === "while holding") return true;
  yield reads(name, "look before unlock");
  if (holder(host.read(name))?.user !== user) return true;
  yield writes(name, "unlock");
  host.unlink(name, pid);
  return true;
}

/** Somebody's `unlock --force` with another mtui: whatever is there goes. */
export function* forcedUnlock(self: Self, { kind, wait }: { kind: LockKind; wait: number }): Script<void> {
  const { host, pid } = self;
  yield { ...at("later"), sleep: wait };
  yield writes(lockName(kind), "force");
  host.unlink(lockName(kind), pid);
}
