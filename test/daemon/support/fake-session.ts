import type { HostFacts } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../../../packages/daemon/src/arbiter/claim.ts";
import type {
  CommandOutcome,
  ExecOptions,
  HeldLock,
  HostSession,
  LockPurpose,
  LockReading,
  LockRelease,
  LockTaking,
  RebootOutcome,
} from "../../../packages/daemon/src/hosts/index.ts";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import { type FakeMachine, gone, OURS, ourBytes, seen } from "./fake-machine.ts";
import { FakeRun } from "./fake-run.ts";

type Changed = CommandOutcome & { lockReleased?: boolean };

let ids = 0;

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
