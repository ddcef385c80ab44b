import type { LockKind } from "./remote-paths.ts";
import type { HeldLock } from "./session.ts";

/** What must be in the lock's place for a change to be made. */
export type Expected =
  | { readonly state: "absent" }
  /** An empty file, or none by now. */
  | { readonly state: "empty" }
  /** Exactly these bytes, or no file by now. */
  | { readonly state: "bytes"; readonly bytes: Buffer };

export interface SwapStep {
  readonly lock: HeldLock;
  readonly expected: Expected;
  /** A missing file is no invitation: the lock was given back, or a reboot wiped it. */
  readonly mustExist?: boolean;
}

export type SwapAnswer =
  | { readonly state: "taken" }
  /** Something else than expected is there: other bytes; an empty file; no plain file. */
  | { readonly state: "exists" | "empty" | "odd" }
  | { readonly state: "error"; readonly reason: string };

export interface DropStep {
  readonly kind: LockKind;
  /** What the file must have. */
  readonly text: string;
  /** Of a lock of ours: its private file goes too. */
  readonly nonce?: string;
  /** Only while no command of ours is at work behind the fence. */
  readonly idle?: boolean;
}

export type DropAnswer =
  | { readonly state: "released" }
  | { readonly state: "absent" }
  /** Other bytes are there. */
  | { readonly state: "foreign" }
  | { readonly state: "error"; readonly reason: string };

export type LockSeen =
  | { readonly state: "absent" }
  /** `clock`: seconds by the host's clock. */
  | { readonly state: "file"; readonly bytes: Buffer; readonly clock: number }
  | { readonly state: "unreadable"; readonly reason: string };

/**
 * The steps of the lock protocol on one host (docs/formats/locks.md, "Compare and swap"). Each decides
 * and changes in one go as far as programs that know the guard are concerned.
 * Each throws MtuiError host.lost and other errors of the link: whether it was done is then unknown.
 */
export interface LockPort {
  /** Puts a lock's bytes in place of what is expected. */
  swap(step: SwapStep): Promise<SwapAnswer>;
  /** Removes the file if it has exactly these bytes. */
  drop(step: DropStep): Promise<DropAnswer>;
  /** Only "no such file" is absent; whatever else is wrong is a reason. */
  read(kind: LockKind): Promise<LockSeen>;
  /** Removes private files that are not needed any more. @returns false when some may be left */
  tidy(nonces: readonly string[]): Promise<boolean>;
}

export function exactly(bytes: string): Expected {
  return { state: "bytes", bytes: Buffer.from(bytes) };
}
