import { formatLock, type HostFacts, ourComment } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { HeldLock, LockPurpose, LockReading } from "../../../packages/daemon/src/hosts/index.ts";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { FakeRun } from "./fake-run.ts";

/** The user in our lock files. */
export const OURS = "me+mtuid";

export const FACTS: HostFacts = {
  base: { name: "SLES", version: "15-SP6", arch: "x86_64" },
  addons: [],
  transactional: false,
  system: "sles-15-SP6-x86_64",
  dangling: false,
  release: "15",
};

/** A machine in memory: its two lock files outlive every connection to it. */
export class FakeMachine {
  readonly name: string;
  readonly files: Record<LockKind, { bytes: string; user: string } | null> = { operation: null, pool: null };
  /** Connections that are open now. */
  open = 0;
  reachable = true;
  /** Lock files can be read and written, but not removed. */
  stuck = false;
  /** The connection breaks after a lock was written, before the answer. */
  losesAnswers = false;
  /** A command is at work that no connection of ours follows. */
  fenced = false;
  /** Locks cannot be read. */
  unreadable = false;
  /** Locks of others are as old as that. */
  stale = false;
  readonly commands: string[] = [];
  /** Changing commands by id: begun by any session, at work or ended, until they are collected. */
  readonly runs = new Map<string, FakeRun>();
  /** Every changing command that was begun here, in order. */
  readonly changes: { readonly id: string; readonly command: string }[] = [];
  /** Lines of the host's history. */
  readonly history: string[] = [];
  /** A cancel ends the command at once; else it lasts as long as its gate. */
  killable = false;
  /** Ids that sessions gave up, in order. */
  readonly collected: string[] = [];
  /** What it says of itself. */
  facts: HostFacts = FACTS;
  /** Another one after each reboot. */
  boot = 1;
  /** Awaited by what it is named after, before anything else. */
  readonly gates: Partial<
    Record<"connect" | "lock" | "release" | "command" | "reboot", () => Promise<void>>
  > = {};
  answer: (command: string) => { exit: number; stdout: string } = () => ({ exit: 0, stdout: "" });

  constructor(name: string) {
    this.name = name;
  }

  /** A changing command is at work, whoever follows it. */
  get busy(): boolean {
    return this.fenced || [...this.runs.values()].some(({ exit }) => exit === null);
  }

  /** @returns whether it was there */
  giveBack({ kind, bytes }: HeldLock): boolean {
    if (this.files[kind]?.bytes !== bytes) return false;
    this.files[kind] = null;
    return true;
  }

  /** Its locks are in memory: they are gone, and so is what ran. */
  restart(): void {
    this.boot += 1;
    this.files.operation = null;
    this.files.pool = null;
  }

  lockedBy(user: string, kind: LockKind = "pool"): this {
    this.files[kind] = { bytes: `1:${user}:7:theirs`, user };
    return this;
  }
}

export function seen({ files, stale }: FakeMachine, kind: LockKind): LockReading {
  const file = files[kind];
  if (file === null) return { state: "free" };
  const { bytes, user } = file;
  const ours = user === OURS ? bytes.split(":").slice(3).join(":") : "";
  const record = { epoch: 1, user, pid: 1, comment: ours };
  if (user === OURS) return { state: "ours", record, bytes, ageSeconds: 1 };
  return { state: "foreign", record, bytes, ageSeconds: 60, stale };
}

let nonces = 0;

export function ourBytes(kind: LockKind, purpose: LockPurpose): { bytes: string; nonce: string } {
  nonces += 1;
  const nonce = nonces.toString(16).padStart(24, "0");
  const { rrid, workspace, operation, note } = purpose;
  const comment = ourComment({
    kind,
    operation: kind === "pool" ? null : (operation ?? "lock"),
    rrid,
    workspace,
    daemonId: "0123456789ab",
    nonce,
    ...(note === undefined ? {} : { note }),
  });
  return { bytes: formatLock({ epoch: 1, user: OURS, pid: 1, comment }), nonce };
}

export function gone(name: string): MtuiError {
  return new MtuiError("host.lost", `No answer from ${name}.`);
}
