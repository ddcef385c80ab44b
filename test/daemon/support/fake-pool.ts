import { formatLock, type HostFacts, ourComment } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import type {
  CommandOutcome,
  ExecOptions,
  HeldLock,
  HostConnector,
  HostSession,
  LockPurpose,
  LockReading,
  LockRelease,
  LockTaking,
  OpenOptions,
  RebootOutcome,
} from "../../../packages/daemon/src/hosts/index.ts";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";

import { FakeRun } from "./fake-run.ts";

const OURS = "me+mtuid";

export const FACTS: HostFacts = {
  base: { name: "SLES", version: "15-SP6", arch: "x86_64" },
  addons: [],
  transactional: false,
  system: "sles-15-SP6-x86_64",
  dangling: false,
  release: "15",
};

type Changed = CommandOutcome & { lockReleased?: boolean };

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

/** Hosts by name, and the way to them: as the real connector, it asks for a claim. */
export class FakePool implements HostConnector {
  machines = new Map<string, FakeMachine>();
  readonly sessions: FakeSession[] = [];
  /** The daemon that had it has died: whatever of it still runs gets nowhere any more. */
  dead = false;

  constructor(...names: string[]) {
    for (const name of names) this.machines.set(name, new FakeMachine(name));
  }

  /** The same machines for the daemon's next life. */
  nextLife(): FakePool {
    this.dead = true;
    for (const machine of this.machines.values()) machine.open = 0;
    const next = new FakePool();
    next.machines = this.machines;
    return next;
  }

  machine(name: string): FakeMachine {
    const machine = this.machines.get(name);
    if (machine === undefined) throw new Error(`no machine ${name}`);
    return machine;
  }

  /** Names that ssh_config cannot make sense of. */
  readonly strange = new Set<string>();

  resolve: HostConnector["resolve"] = async (name) => {
    if (this.strange.has(name)) throw new MtuiError("host.unsupported", `${name} cannot be resolved.`);
    return target(this.aliases.get(name) ?? name);
  };
  /** Other names of machines, as ssh_config may give them. */
  readonly aliases = new Map<string, string>();

  async open(claim: Claim, { signal }: OpenOptions = {}): Promise<HostSession> {
    const machine = this.machines.get(claim.hostName);
    await machine?.gates.connect?.();
    signal?.throwIfAborted();
    if (machine?.reachable !== true || this.dead)
      throw new MtuiError("host.unreachable", `Cannot connect to ${claim.hostName}.`);
    const session = new FakeSession(claim, { machine, pool: this });
    this.sessions.push(session);
    return session;
  }

  enter: HostConnector["enter"] = async (claim, purpose, options) => {
    const session = await this.open(claim, options);
    const pool = await session.takeLock("pool", purpose);
    return { session, pool, operation: await session.readLock("operation"), fault: null };
  };

  async [Symbol.asyncDispose](): Promise<void> {}

  /** Hosts that were looked at, in order. */
  readonly probed: string[] = [];

  probe: HostConnector["probe"] = async (name, { signal } = {}) => {
    this.probed.push(name);
    const { key } = await this.resolve(name);
    const machine = this.machines.get(name);
    await machine?.gates.connect?.();
    signal?.throwIfAborted();
    if (machine?.reachable !== true) throw gone(name);
    const common = { key, facts: machine.facts, bootId: "a", clock: 61, supported: true };
    return { ...common, operation: seen(machine, "operation"), pool: seen(machine, "pool") };
  };
}

function seen({ files, stale }: FakeMachine, kind: LockKind): LockReading {
  const file = files[kind];
  if (file === null) return { state: "free" };
  const { bytes, user } = file;
  const ours = user === OURS ? bytes.split(":").slice(3).join(":") : "";
  const record = { epoch: 1, user, pid: 1, comment: ours };
  if (user === OURS) return { state: "ours", record, bytes, ageSeconds: 1 };
  return { state: "foreign", record, bytes, ageSeconds: 60, stale };
}

let nonces = 0;
let ids = 0;

function ourBytes(kind: LockKind, purpose: LockPurpose): { bytes: string; nonce: string } {
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

export class FakeSession implements HostSession {
  readonly claim: Claim;
  readonly name: string;
  readonly facts: HostFacts;
  readonly machine: FakeMachine;
  closed = false;
  #up = true;
  #held: HeldLock[] = [];
  readonly #pool: { readonly dead: boolean };

  constructor(claim: Claim, { machine, pool }: { machine: FakeMachine; pool: { readonly dead: boolean } }) {
    this.claim = claim;
    this.name = claim.hostName;
    this.machine = machine;
    this.facts = machine.facts;
    this.#pool = pool;
    machine.open += 1;
  }

  get connected(): boolean {
    return this.#up && this.machine.reachable && !this.#pool.dead;
  }

  get locks(): readonly HeldLock[] {
    return this.#held;
  }

  /** The connection breaks; the machine may be there. */
  breakLink(): void {
    this.#up = false;
  }

  query(command: string, options: ExecOptions = {}): Promise<CommandOutcome> {
    return this.#run(command, options);
  }

  /** The command goes on on the machine whatever becomes of this session. */
  async change(
    command: string,
    lock: HeldLock,
    options: ExecOptions & { release?: boolean; id?: string } = {},
  ): Promise<Changed> {
    if (!this.connected) return { state: "unreachable", error: gone(this.name).toReport() };
    if (options.signal?.aborted) {
      const error = new MtuiError("request.cancelled", `${this.name}: cancelled before it began.`);
      return { state: "notRun", error: error.toReport() };
    }
    ids += 1;
    const { id = `random-${ids}` } = options;
    if (!this.machine.runs.has(id)) {
      const lost = this.#lostLock(lock);
      if (lost !== null) return { state: "notRun", error: lost.toReport() };
      this.machine.commands.push(command);
      this.machine.changes.push({ id, command });
      const release = options.release === true ? () => this.machine.giveBack(lock) : undefined;
      this.machine.runs.set(id, new FakeRun(this.machine, command, { release }));
    }
    const followed = await this.follow(id, { ...options, from: { stdout: 0, stderr: 0 } });
    if (followed.state === "absent") throw new Error(`${id} was collected while it ran`);
    if (options.id === undefined) this.machine.runs.delete(id);
    return followed;
  }

  /** As the real one: both locks must stand when a command begins. */
  #lostLock(lock: HeldLock): MtuiError | null {
    const pool = this.#held.find(({ kind }) => kind === "pool");
    for (const each of pool === undefined ? [lock] : [lock, pool]) {
      const bytes = this.machine.files[each.kind]?.bytes;
      if (bytes?.endsWith(` n=${each.nonce}`) !== true)
        return new MtuiError("lock.lost", `${this.name}: our ${each.kind} lock is gone.`, {
          data: { host: this.name, lock: each.kind },
        });
    }
    return null;
  }

  async follow(
    id: string,
    { signal, detach, onOutput, from }: Parameters<HostSession["follow"]>[1],
  ): Promise<Changed | { state: "absent" }> {
    if (!this.connected) return { state: "unreachable", error: gone(this.name).toReport() };
    const run = this.machine.runs.get(id);
    if (run === undefined) return { state: "absent" };
    const reader = run.read(from.stdout, (chunk) => {
      if (!this.#pool.dead) onOutput?.("stdout", chunk);
    });
    const left = new Promise<"left">((resolve) => {
      if (detach?.aborted) resolve("left");
      detach?.addEventListener("abort", () => resolve("left"), { once: true });
    });
    // As the real one: what is over when a cancelled job looks at it says how it ended.
    const over = run.exit !== null && signal?.aborted;
    if (this.machine.killable) {
      if (signal?.aborted) run.kill();
      signal?.addEventListener("abort", () => run.kill(), { once: true });
    }
    const end = await Promise.race([run.ended, left]);
    reader.stop();
    // A daemon that died hears nothing any more.
    if (this.#pool.dead) return await new Promise<never>(() => {});
    const empty = { head: Buffer.alloc(0), tail: Buffer.alloc(0), bytes: 0, dropped: 0 };
    const head = reader.bytes;
    const ran = { stdout: { ...empty, head, bytes: run.output.length }, stderr: empty, ms: 1 };
    if (end === "left") {
      const error = new MtuiError("daemon.stopping", `${this.name}: nobody follows it any more.`);
      return { state: "lost", error: error.toReport(), ...ran };
    }
    const { exit, released } = end;
    if (released) this.#held = this.#held.filter(({ kind }) => kind !== "operation");
    const said = released ? { ...ran, lockReleased: true } : ran;
    if (signal?.aborted && !over) return { state: "cancelled", gone: true, ...said };
    return exit === 0 ? { state: "ok", exit: 0, ...said } : { state: "failed", exit, ...said };
  }

  collect(ids: readonly string[]): void {
    this.machine.collected.push(...ids);
    for (const id of ids) this.machine.runs.delete(id);
  }

  async #run(command: string, { signal }: ExecOptions): Promise<CommandOutcome> {
    if (!this.connected) return { state: "unreachable", error: gone(this.name).toReport() };
    this.machine.commands.push(command);
    await this.machine.gates.command?.();
    const streams = (text: string) => ({
      head: Buffer.from(text),
      tail: Buffer.alloc(0),
      bytes: text.length,
      dropped: 0,
    });
    const ran = { stdout: streams(""), stderr: streams(""), ms: 1 };
    if (signal?.aborted) return { state: "cancelled", gone: true, ...ran };
    const { exit, stdout } = this.machine.answer(command);
    const said = { ...ran, stdout: streams(stdout) };
    return exit === 0 ? { state: "ok", exit: 0, ...said } : { state: "failed", exit, ...said };
  }

  async takeLock(kind: LockKind, purpose: LockPurpose): Promise<LockTaking> {
    await this.machine.gates.lock?.();
    if (!this.connected) return { state: "error", reason: gone(this.name).message };
    if (this.machine.files[kind] !== null) return { state: "refused", by: await this.readLock(kind) };
    const { bytes, nonce } = ourBytes(kind, purpose);
    this.machine.files[kind] = { bytes, user: OURS };
    const lock: HeldLock = { kind, bytes, nonce };
    if (this.machine.losesAnswers) {
      this.breakLink();
      return { state: "error", reason: gone(this.name).message, left: lock };
    }
    this.#held.push(lock);
    return { state: "taken", lock };
  }

  async readLock(kind: LockKind): Promise<LockReading> {
    if (!this.connected || this.machine.unreadable) return { state: "unreadable", reason: "cannot be read" };
    return seen(this.machine, kind);
  }

  async releaseLock(lock: HeldLock): Promise<LockRelease> {
    await this.machine.gates.release?.();
    if (!this.connected) return { state: "error", reason: gone(this.name).message };
    const file = this.machine.files[lock.kind];
    if (file !== null && this.machine.stuck) return { state: "error", reason: "read-only file system" };
    if (lock.kind === "operation" && this.machine.busy)
      return { state: "error", reason: "a command that began under it is still at work" };
    this.#held = this.#held.filter(({ nonce }) => nonce !== lock.nonce);
    if (file === null) return { state: "absent" };
    if (file.bytes !== lock.bytes) return { state: "foreign", by: await this.readLock(lock.kind) };
    this.machine.files[lock.kind] = null;
    return { state: "released" };
  }

  async replaceLock(lock: HeldLock, purpose: LockPurpose): Promise<LockTaking> {
    const { kind } = lock;
    await this.machine.gates.lock?.();
    if (!this.connected) return { state: "error", reason: gone(this.name).message };
    const file = this.machine.files[kind];
    if (file !== null && file.bytes !== lock.bytes)
      return { state: "refused", by: await this.readLock(kind) };
    const { bytes, nonce } = ourBytes(kind, purpose);
    this.machine.files[kind] = { bytes, user: OURS };
    const fresh: HeldLock = { kind, bytes, nonce };
    this.#held = [...this.#held.filter(({ nonce }) => nonce !== lock.nonce), fresh];
    return { state: "taken", lock: fresh };
  }

  adoptLocks(locks: readonly HeldLock[]): void {
    this.#held.push(...locks);
  }

  async breakLock(kind: LockKind, seen: string): Promise<LockRelease> {
    if (kind === "operation" && this.machine.busy)
      return { state: "error", reason: "a command that began under it is still at work" };
    if (!this.connected) return { state: "error", reason: gone(this.name).message };
    const file = this.machine.files[kind];
    if (file === null) return { state: "absent" };
    if (file.bytes !== seen) return { state: "foreign", by: await this.readLock(kind) };
    this.machine.files[kind] = null;
    return { state: "released" };
  }

  /** As the real one: the file has new bytes, `locks` tells them, the caller keeps its old object. */
  async restampLock(lock: HeldLock): Promise<LockTaking> {
    const renewed: HeldLock = { ...lock, bytes: lock.bytes.replace(/^\d+/, "2") };
    this.machine.files[lock.kind] = { bytes: renewed.bytes, user: OURS };
    this.#held = this.#held.map((each) => (each.nonce === lock.nonce ? renewed : each));
    return { state: "taken", lock: renewed };
  }

  async putBackLock(lock: HeldLock): Promise<LockTaking> {
    if (!this.connected) return { state: "error", reason: gone(this.name).message };
    const { bytes, kind } = lock;
    const file = this.machine.files[kind];
    if (file !== null && file.bytes !== bytes) return { state: "refused", by: await this.readLock(kind) };
    this.machine.files[kind] = { bytes, user: OURS };
    return { state: "taken", lock };
  }

  async bootId(): Promise<string | null> {
    return this.connected ? `boot-${this.machine.boot}` : null;
  }

  async appendHistory(fields: readonly string[]): Promise<boolean> {
    if (!this.connected) return false;
    this.machine.history.push(fields.join(":"));
    return true;
  }

  async refreshFacts(): Promise<HostFacts> {
    return this.machine.facts;
  }

  async reboot({ lock }: { lock: HeldLock }): Promise<RebootOutcome> {
    if (!this.connected) return { state: "notRun", error: gone(this.name).toReport() };
    const lost = this.#lostLock(lock);
    if (lost !== null) return { state: "notRun", error: lost.toReport() };
    const before = `boot-${this.machine.boot}`;
    this.machine.restart();
    await this.machine.gates.reboot?.();
    for (const held of this.#held) await this.putBackLock(held);
    return { state: "ok", before, after: `boot-${this.machine.boot}`, ms: 1 };
  }

  async close(): Promise<void> {
    if (this.closed || this.#pool.dead) return;
    this.closed = true;
    this.#up = false;
    this.machine.open -= 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function target(name: string): Awaited<ReturnType<HostConnector["resolve"]>> {
  return {
    name,
    key: `${name}:22`,
    hostName: name,
    port: 22,
    user: "root",
    identityFiles: [],
    identitiesOnly: false,
    identityAgent: null,
    jumps: [],
    knownHostsFiles: [],
    globalKnownHostsFiles: [],
    hostKeyAlias: null,
    strictHostKeyChecking: "no",
    connectTimeout: null,
  };
}

function gone(name: string): MtuiError {
  return new MtuiError("host.lost", `No answer from ${name}.`);
}
