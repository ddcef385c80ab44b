import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostFacts } from "@mtui/core/domain";
import type { Claim } from "../arbiter/claim.ts";
import type { Commands } from "./commands.ts";
import { type HostLook, lookAtHost } from "./facts.ts";
import { changeFenced } from "./fenced-change.ts";
import { appendHistory, historyLine } from "./history.ts";
import type { HostLink } from "./host-link.ts";
import type { IdleConnection } from "./idle-connection.ts";
import { lockLost } from "./lost-lock.ts";
import type { CommandOutcome } from "./outcome.ts";
import { bootId, rebootHost } from "./reboot.ts";
import type { RemoteLocks } from "./remote-locks.ts";
import type { LockKind, RemotePaths } from "./remote-paths.ts";
import type {
  ExecOptions,
  HeldLock,
  HostSession,
  LockPurpose,
  LockReading,
  LockRelease,
  LockTaking,
  RebootOutcome,
} from "./session.ts";

export interface SshSessionParts {
  readonly claim: Claim;
  readonly link: HostLink;
  readonly locks: RemoteLocks;
  readonly commands: Commands;
  readonly paths: RemotePaths;
  readonly look: HostLook;
  readonly historyUser: string;
  readonly hostClock: () => number;
  /** Milliseconds between two renewals of our locks' time; 0 = never. */
  readonly restampMs: number;
  /** Of a session that ended with nothing at work on its connection. */
  readonly keep: (connection: IdleConnection) => void;
}

/** What is tidied away harms nobody where it stays: a host that does not answer is not waited for. */
const TIDY_MS = 1_000;

/** The session of one claimed host over SSH: a thin front of the parts that do the work. */
export class SshHostSession implements HostSession {
  readonly #parts: SshSessionParts;
  readonly #timer: NodeJS.Timeout | undefined;
  #facts: HostFacts;
  #closing: Promise<void> | null = null;

  constructor(parts: SshSessionParts) {
    this.#parts = parts;
    this.#facts = parts.look.facts;
    if (parts.restampMs > 0) {
      this.#timer = setInterval(() => void this.#restampAll(), parts.restampMs);
      this.#timer.unref();
    }
  }

  get claim(): Claim {
    return this.#parts.claim;
  }

  get name(): string {
    return this.#parts.claim.hostName;
  }

  get facts(): HostFacts {
    return this.#facts;
  }

  get connected(): boolean {
    return this.#parts.link.connected;
  }

  get locks(): HeldLock[] {
    return this.#parts.locks.held;
  }

  async query(command: string, options: ExecOptions = {}): Promise<CommandOutcome> {
    return await this.#parts.commands.query(command, options);
  }

  async change(
    command: string,
    lock: HeldLock,
    options: ExecOptions & { release?: boolean; id?: string } = {},
  ): Promise<CommandOutcome & { lockReleased?: boolean }> {
    const { release = false, ...rest } = options;
    const ended = await changeFenced(this.#parts, command, { ...rest, lock, release });
    if (ended.lockReleased === true) this.#parts.commands.lockGone();
    return ended;
  }

  async follow(...[id, options]: Parameters<HostSession["follow"]>): ReturnType<HostSession["follow"]> {
    const { commands, locks } = this.#parts;
    const ended = await commands.follow(id, options);
    if (ended.state === "absent" || ended.lockReleased !== true) return ended;
    for (const lock of locks.held) if (lock.kind === "operation") locks.released(lock);
    commands.lockGone();
    return ended;
  }

  collect(ids: readonly string[]): void {
    this.#parts.commands.collect(ids);
  }

  async putBackLock(lock: HeldLock): Promise<LockTaking> {
    return await this.#parts.locks.putBack(lock);
  }

  async bootId(): Promise<string | null> {
    return await bootId(this.#parts.link).catch(() => null);
  }

  async takeLock(kind: LockKind, purpose: LockPurpose): Promise<LockTaking> {
    if (kind === "operation") {
      this.#parts.link.expectChange();
      await this.#parts.commands.leftEnded();
    }
    return await this.#parts.locks.take(kind, purpose);
  }

  async readLock(kind: LockKind): Promise<LockReading> {
    return await this.#parts.locks.read(kind);
  }

  async releaseLock(lock: HeldLock): Promise<LockRelease> {
    const { commands, locks } = this.#parts;
    if (lock.kind === "operation") await commands.leftEnded();
    const release = await locks.release(lock);
    if (lock.kind === "operation" && release.state !== "error") commands.lockGone();
    return release;
  }

  adoptLocks(locks: readonly HeldLock[]): void {
    this.#parts.locks.adopt(locks);
  }

  async breakLock(kind: LockKind, seen: string): Promise<LockRelease> {
    return await this.#parts.locks.break(kind, seen);
  }

  async replaceLock(lock: HeldLock, purpose: LockPurpose): Promise<LockTaking> {
    return await this.#parts.locks.replace(lock, purpose);
  }

  async restampLock(lock: HeldLock): Promise<LockTaking> {
    return await this.#parts.locks.restamp(lock);
  }

  async appendHistory(fields: readonly string[]): Promise<boolean> {
    const { link, locks, paths, historyUser, hostClock } = this.#parts;
    return await appendHistory(link, {
      paths,
      lock: locks.held.findLast(({ kind }) => kind === "operation") ?? null,
      line: historyLine(hostClock(), { user: historyUser, fields }),
    });
  }

  async refreshFacts(): Promise<HostFacts> {
    this.#facts = (await lookAtHost(this.#parts.link)).facts;
    return this.#facts;
  }

  async reboot(options: {
    lock: HeldLock;
    budgetSeconds: number;
    signal?: AbortSignal;
  }): Promise<RebootOutcome> {
    const { claim, link, locks } = this.#parts;
    const { lock, ...rest } = options;
    const id = `reboot-${randomBytes(8).toString("hex")}`;
    const limits = { total: 20, silence: 0, grace: 1, reconnect: 0 };
    const send = async (): Promise<CommandOutcome> =>
      await this.change("systemctl reboot", lock, { limits, id });
    const outcome = await rebootHost({ link, send, ...rest });
    // It dies with the host; what it wrote may outlive that.
    this.collect([id]);
    if (outcome.state !== "ok") return outcome;
    for (const held of locks.held) {
      const back = await locks.putBack(held);
      if (back.state === "taken") continue;
      // It is not forgotten: the next command has to see that it is lost.
      const why = back.state === "refused" ? "somebody else locked it meanwhile" : back.reason;
      return {
        state: "failed",
        reason: `it rebooted, but the ${held.kind} lock could not be put back: ${why}`,
        ...(back.state === "refused"
          ? { error: lockLost(claim, { kind: held.kind, by: back.by }).toReport() }
          : {}),
      };
    }
    return outcome;
  }

  async close({ keep = false, leave = false }: { keep?: boolean; leave?: boolean } = {}): Promise<void> {
    this.#closing ??= leave ? this.#letGo() : keep ? this.#leave() : this.#close();
    await this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#parts.commands.endAll();
    await this.#tidy();
    await this.#parts.link.close();
  }

  /** @returns whether the host answered in time */
  async #tidy(): Promise<boolean> {
    const { locks, commands } = this.#parts;
    const done = Promise.all([locks.tidy(), commands.tidy()]).then(() => true);
    return await Promise.race([done, sleep(TIDY_MS, false, { ref: false })]);
  }

  async #letGo(): Promise<void> {
    clearInterval(this.#timer);
    await this.#parts.commands.leaveAll();
    await this.#parts.link.close();
  }

  /** Whatever is in doubt is closed. */
  async #leave(): Promise<void> {
    const { commands, locks, link, keep } = this.#parts;
    clearInterval(this.#timer);
    const spent = (): boolean => commands.running === 0 && locks.held.length === 0;
    const answers = spent() && (await this.#tidy());
    const connection = answers && spent() ? link.leave() : null;
    if (connection === null) await this.#close();
    else keep(connection);
  }

  async #restampAll(): Promise<void> {
    for (const lock of this.#parts.locks.held) await this.#parts.locks.restamp(lock);
  }
}
