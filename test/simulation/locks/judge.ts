import { parseLockFile, parseOurComment } from "@mtui/core/domain";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import type { Change } from "./model-host.ts";
import { LOCK_NAMES, lockName } from "./names.ts";
import type { DaemonLife, Process } from "./process.ts";
import type { World } from "./world.ts";

export const STALE_SECONDS = 86_400;
const LOOKS_APART_MS = 500;

interface Belief {
  readonly kind: LockKind;
  readonly nonce: string;
  readonly life: DaemonLife;
  readonly workspace: string;
}

interface Errand {
  /** The lock that the step is about. */
  readonly target?: string;
  /** The bytes that it may remove. */
  readonly text?: string;
}

interface Look {
  readonly life: DaemonLife;
  readonly name: string;
  readonly at: number;
  readonly bytes: Buffer;
}

/**
 * Watches every change of the two lock files and everything that the daemons believe, and knows
 * nothing of how the protocol works:
 *
 * * what a process of ours removes or replaces must be its daemon's own, free, seen empty twice, seen
 *   stale twice with the same bytes by the host's clock and by ours, or exactly what a person saw and forced;
 * * two of our workspaces believe to have one lock only if the elder lost it to somebody who may;
 * * commands of ours do not overlap, and nobody of ours takes the lock from under one;
 * * a command begins only under its own lock.
 */
export class Judge {
  readonly #world: World;
  readonly #beliefs: Belief[] = [];
  readonly #errands = new Map<number, Errand>();
  readonly #looks: Look[] = [];
  /** What each process compared last, and how many changes by others there had been. */
  readonly #compared = new Map<number, number>();
  /** Nonces whose file went to somebody who may: other programs, people, a reboot, a reaper. */
  readonly #lostNonces = new Set<string>();
  readonly #atWork = new Map<number, { nonce: string; daemonId: string }>();
  readonly #forcers = new Set<DaemonLife>();
  /** Who changed each file last. */
  readonly #lastBy = new Map<string, number>();
  #othersChanges = 0;
  /** Changes by programs that do not know the guard, between our compare and our change. */
  instants = 0;

  constructor(world: World) {
    this.#world = world;
    world.host.onChange = (change) => this.#changed(change);
    world.onSaw = (process, name, bytes) => this.#saw(process, { name, bytes });
  }

  announce(process: Process, errand: Errand): void {
    this.#errands.set(process.pid, errand);
  }

  /** A person uses this daemon to force. */
  forces(life: DaemonLife): void {
    this.#forcers.add(life);
  }

  believes(lock: HeldLock, { life, workspace }: { life: DaemonLife; workspace: string }): void {
    for (const other of this.#beliefs)
      if (other.kind === lock.kind && !this.#lostNonces.has(other.nonce) && !this.#lostNonces.has(lock.nonce))
        this.#world.fail(
          `double ownership of the ${lock.kind} lock: ${nameOf(other)} and ${nameOf({ life, workspace })}`,
        );
    this.#beliefs.push({ kind: lock.kind, nonce: lock.nonce, life, workspace });
  }

  disbelieves(nonce: string): void {
    const index = this.#beliefs.findIndex((each) => each.nonce === nonce);
    if (index >= 0) this.#beliefs.splice(index, 1);
  }

  putBack(lock: HeldLock): void {
    this.#lostNonces.delete(lock.nonce);
  }

  died(life: DaemonLife): void {
    for (const { nonce } of this.#beliefs.filter((each) => each.life === life)) this.disbelieves(nonce);
  }

  works(working: boolean, { pid, lock, life }: { pid: number; lock: HeldLock; life: DaemonLife }): void {
    if (!working) {
      this.#atWork.delete(pid);
      return;
    }
    const alive = [...this.#atWork.keys()].filter((each) => this.#world.processes.has(each));
    if (alive.length > 0) this.#world.fail(`two commands of ours at work, the second by ${life.daemonId}`);
    const there = this.#world.host.names.get(lockName(lock.kind))?.bytes.toString() ?? "";
    if (!there.endsWith(`n=${lock.nonce}`)) this.#world.fail("a command began without its lock");
    this.#atWork.set(pid, { nonce: lock.nonce, daemonId: life.daemonId });
  }

  /** When nothing happens any more. */
  end(): void {
    for (const name of LOCK_NAMES) {
      const text = this.#world.host.names.get(name)?.bytes.toString() ?? "";
      if (text.includes("+mtuid:")) this.#world.fail(`left behind in ${name}: ${text}`);
    }
  }

  #saw(process: Process, { name, bytes }: { name: string; bytes: Buffer | null }): void {
    this.#compared.set(process.pid, this.#othersChanges);
    if (process.daemon === null || bytes === null) return;
    this.#looks.push({ life: process.daemon, name, at: this.#world.now, bytes: Buffer.from(bytes) });
  }

  #changed(change: Change): void {
    if (!LOCK_NAMES.includes(change.name)) return;
    const process = this.#world.processes.get(change.by);
    const daemon = process?.daemon ?? null;
    this.#world.note(
      `${process?.who ?? "the host"} ${change.name}: ${show(change.before)} -> ${show(change.after)}`,
    );
    const before = change.before === null ? null : ourNonce(change.before);
    const last = this.#lastBy.get(change.name);
    this.#lastBy.set(change.name, change.by);
    if (daemon === null || process === undefined) {
      this.#othersChanges += 1;
      if (before !== null) this.#lostNonces.add(before.nonce);
      return;
    }
    // Writing into what one has just made is no taking away.
    if (change.before === null || (change.before.length === 0 && last === change.by)) return;
    const wrong = this.#judge({ ...change, before: change.before }, { process, daemon });
    if (wrong === null) {
      const given = before !== null && before.nonce === this.#errands.get(process.pid)?.target;
      const kept = given && change.after !== null && ourNonce(change.after)?.nonce === before.nonce;
      if (before !== null && !kept && (given || before.daemonId !== daemon.daemonId))
        this.#lostNonces.add(before.nonce);
    } else if (this.#compared.get(process.pid) !== this.#othersChanges && this.#compared.has(process.pid)) {
      this.instants += 1;
      if (before !== null) this.#lostNonces.add(before.nonce);
    } else this.#world.fail(`${process.who} ${wrong}: ${show(change.before)} -> ${show(change.after)}`);
  }

  /** @returns what is wrong with it */
  #judge(
    { name, before, after }: Change & { before: Buffer },
    { process, daemon }: { process: Process; daemon: DaemonLife },
  ): string | null {
    const errand = this.#errands.get(process.pid);
    const own = ourNonce(before);
    const next = after === null ? null : ourNonce(after);
    const forced =
      this.#forcers.has(daemon) &&
      errand?.text !== undefined &&
      (Buffer.from(errand.text).equals(before) || Buffer.from(errand.text, "latin1").equals(before));
    if (forced) return null;
    const work = [...this.#atWork].find(
      ([pid, { nonce }]) => nonce === own?.nonce && this.#world.processes.has(pid),
    );
    if (work !== undefined && next?.daemonId !== daemon.daemonId)
      return "took the lock from under a command at work";
    if (before.length === 0)
      return this.#sawBefore(daemon, { name, bytes: before })
        ? null
        : "replaced an empty file at first sight";
    const file = parseLockFile(before);
    if (file.state === "free") return null;
    if (own !== null && own.daemonId === daemon.daemonId) {
      if (own.nonce === next?.nonce || own.nonce === errand?.target) return null;
      const owner = this.#beliefs.find(({ nonce }) => nonce === own.nonce);
      return owner === undefined ? null : `removed the lock of ${nameOf(owner)}`;
    }
    if (file.state === "malformed") return "removed a file of somebody unknown";
    // By the host's clock and by ours.
    const clock = Math.floor(this.#world.now / 1000) + Math.min(0, this.#world.host.clockAhead);
    const stale = file.record.epoch !== null && clock - file.record.epoch > STALE_SECONDS;
    if (!stale) return "removed a living lock";
    return this.#sawBefore(daemon, { name, bytes: before }) ? null : "removed a stale lock at first sight";
  }

  #sawBefore(life: DaemonLife, { name, bytes }: { name: string; bytes: Buffer }): boolean {
    return this.#looks.some(
      (look) =>
        look.life === life &&
        look.name === name &&
        look.at <= this.#world.now - LOOKS_APART_MS &&
        look.bytes.equals(bytes),
    );
  }
}

function ourNonce(bytes: Buffer): { nonce: string; daemonId: string } | null {
  const file = parseLockFile(bytes);
  if (file.state !== "held" || !file.record.user.endsWith("+mtuid")) return null;
  return parseOurComment(file.record.comment);
}

function nameOf({ life, workspace }: { life: DaemonLife; workspace: string }): string {
  return `${life.daemonId}.${life.number}/${workspace}`;
}

function show(bytes: Buffer | null): string {
  return bytes === null ? "nothing" : JSON.stringify(bytes.toString().slice(0, 120));
}
