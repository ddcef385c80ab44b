import { type Clock, pause } from "../../../packages/daemon/src/clock.ts";
import type { LockIdentity } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import { nonceOf } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import { type LiveLocks, RemoteLocks } from "../../../packages/daemon/src/hosts/remote-locks.ts";
import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { HeldLock, LockReading } from "../../../packages/daemon/src/hosts/session.ts";
import { type Judge, STALE_SECONDS } from "./judge.ts";
import { type Fate, Link, modelPort, type Protocol } from "./link.ts";
import { fencedScript } from "./our-script.ts";
import { accident, type Action, type DaemonLife, type World } from "./world.ts";

export interface Budgets {
  crashes: number;
  losses: number;
  reboots: number;
}

export interface DaemonParts {
  readonly world: World;
  readonly judge: Judge;
  readonly protocol: Protocol;
  readonly budgets: Budgets;
  readonly instantAnswers: boolean;
}

/** What a workspace does with the host, on its own connection. */
export type Program = (desk: Desk) => Promise<void>;

/**
 * A daemon that may die at any moment and comes back with the same id: then it first gives back what
 * its files on the host say it had, and begins again.
 */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #programs: readonly Program[];
  readonly #identity: LockIdentity;
  #life: DaemonLife;
  #links: Link[] = [];
  /** Programs of this life that have not come to their end. */
  #open = 0;

  constructor(parts: DaemonParts, { daemonId, programs }: { daemonId: string; programs: readonly Program[] }) {
    this.#parts = parts;
    this.#programs = programs;
    this.#identity = { user: "alice+mtuid", pid: 4242, daemonId };
    this.#life = { daemonId, number: 0, alive: false };
    parts.world.sources.push(() => this.#accidents());
    this.#begin();
  }

  #begin(): void {
    const { world } = this.#parts;
    const life: DaemonLife = { daemonId: this.#identity.daemonId, number: this.#life.number + 1, alive: true };
    this.#life = life;
    this.#links = [];
    const live: LiveLocks = new Map();
    const run = async (program: Program, workspace: string): Promise<void> => {
      this.#open += 1;
      await program(this.#desk(life, { live, workspace }));
      this.#open -= 1;
    };
    void (async () => {
      if (life.number > 1) await run(recover, "recovery");
      await Promise.all(this.#programs.map(async (program, index) => await run(program, `w${index}`)));
    })().catch((thrown: unknown) => world.fail(`the daemon failed: ${String(thrown)}`));
  }

  #desk(life: DaemonLife, { live, workspace }: { live: LiveLocks; workspace: string }): Desk {
    const { world, protocol, judge, instantAnswers } = this.#parts;
    const link = new Link(world, { life, name: `${life.daemonId}.${life.number}/${workspace}`, instantAnswers });
    this.#links.push(link);
    const clock = world.clock(() => life.alive);
    const locks = new RemoteLocks({
      port: modelPort(link, { protocol, announce: (process, errand) => judge.announce(process, errand) }),
      identity: this.#identity,
      stale: { staleAgeSeconds: STALE_SECONDS, reapStale: true },
      clock,
      live,
      hostClock: () => Math.floor(world.now / 1000) + world.host.clockAhead,
      onReap: () => undefined,
    });
    return new Desk({ locks, link, clock, judge, life, workspace });
  }

  #accidents(): Action[] {
    const { budgets, world } = this.#parts;
    if (this.#open === 0) return [];
    const fates: Fate[] = ["dies", "goes on"];
    const actions: Action[] = [];
    const { daemonId, alive } = this.#life;
    if (budgets.crashes > 0 && alive)
      for (const fate of fates)
        actions.push(
          accident(`${daemonId} crashes, what it began ${fate}`, 0.05, () => {
            budgets.crashes -= 1;
            this.#crash(fate);
          }),
        );
    for (const link of budgets.losses > 0 ? this.#links : [])
      if (link.busy)
        for (const fate of fates)
          actions.push(
            accident(`${link.name} loses the connection, what it began ${fate}`, 0.1, () => {
              budgets.losses -= 1;
              link.lose(fate);
            }),
          );
    if (budgets.reboots > 0)
      actions.push(
        accident("the host reboots", 0.03, () => {
          budgets.reboots -= 1;
          world.reboot();
        }),
      );
    return actions;
  }

  /** A reboot ends every connection. */
  rebooted(): void {
    for (const link of this.#links) link.lose("dies");
  }

  #crash(fate: Fate): void {
    const { world, judge } = this.#parts;
    this.#life.alive = false;
    this.#open = 0;
    judge.died(this.#life);
    for (const link of this.#links) link.lose(fate);
    this.#open = 1;
    world.clock().after(RESTART_MS, () => {
      this.#open = 0;
      this.#begin();
    });
  }
}

const RESTART_MS = 100;
/** What a dead daemon left running on the host is over after this, in the model as on a host. */
const LATE_MS = 7000;

interface DeskParts {
  readonly locks: RemoteLocks;
  readonly link: Link;
  readonly clock: Clock;
  readonly judge: Judge;
  readonly life: DaemonLife;
  readonly workspace: string;
}

/** One workspace's way to the host, and what it believes. */
export class Desk {
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  async wait(ms: number): Promise<void> {
    await pause(this.#parts.clock, { ms });
  }

  async take(kind: LockKind): Promise<HeldLock | null> {
    const { locks, judge } = this.#parts;
    const purpose = { operation: kind === "pool" ? null : "run", rrid: null, workspace: "default" };
    const taking = await locks.take(kind, purpose);
    if (taking.state === "error" && taking.left !== undefined) await this.release(taking.left);
    if (taking.state !== "taken") return null;
    judge.believes(taking.lock, this.#parts);
    return taking.lock;
  }

  /** Until it is gone or somebody else's, as the daemon does. */
  async release(lock: HeldLock): Promise<void> {
    const { locks, judge } = this.#parts;
    judge.disbelieves(lock.nonce);
    for (let delay = 2000; ; delay = Math.min(delay * 2, 24 * 3_600_000)) {
      const release = await locks.release(lock);
      if (release.state !== "error") return;
      await this.wait(delay);
    }
  }

  /** @param awake renews in good time, as sessions do */
  async hold(lock: HeldLock, { ms, awake }: { ms: number; awake: boolean }): Promise<void> {
    const quarter = (STALE_SECONDS * 1000) / 4;
    for (let left = ms; left > 0; left -= quarter) {
      await this.wait(Math.min(left, quarter));
      if (awake && left > quarter) await this.#parts.locks.restamp(lock);
    }
  }

  async restamp(lock: HeldLock): Promise<void> {
    await this.#parts.locks.restamp(lock);
  }

  /** @returns true when the lock was given back behind the command */
  async change(lock: HeldLock, { work, release }: { work: number; release: boolean }): Promise<boolean> {
    const { locks, link, judge, life } = this.#parts;
    const current = locks.current(lock);
    const end = await link
      .command(
        (self) =>
          fencedScript(self, {
            locks: [current],
            work,
            release,
            onWork: (working) => judge.works(working, { pid: self.pid, lock, life }),
          }),
        (process) => judge.announce(process, { target: lock.nonce }),
      )
      .catch(() => null);
    if (end !== "released") return false;
    judge.disbelieves(lock.nonce);
    locks.released(lock);
    return true;
  }

  /** A person looks, thinks, and forces. */
  async force(kind: LockKind, { thinking }: { thinking: number }): Promise<void> {
    const { locks, judge, life } = this.#parts;
    const reading = await locks.read(kind);
    if (!("bytes" in reading)) return;
    judge.forces(life);
    await this.wait(thinking);
    await locks.break(kind, reading.bytes);
  }

  /** After a reboot: what was held stands again, or is somebody else's. */
  async putBack(lock: HeldLock): Promise<boolean> {
    const { locks, judge } = this.#parts;
    if ((await locks.read(lock.kind)).state !== "free") return true;
    const back = await locks.putBack(lock);
    if (back.state === "taken") judge.putBack(lock);
    return back.state === "taken";
  }

  async read(kind: LockKind): Promise<LockReading> {
    return await this.#parts.locks.read(kind);
  }
}

/** What a former life left on the host, by daemon id, is given back; also what came late. */
async function recover(desk: Desk): Promise<void> {
  await giveBackAll(desk);
  await desk.wait(LATE_MS);
  await giveBackAll(desk);
}

async function giveBackAll(desk: Desk): Promise<void> {
  for (const kind of ["operation", "pool"] as const) {
    for (let delay = 1000; ; delay *= 2) {
      const reading = await desk.read(kind);
      if (reading.state === "ours") {
        await desk.release({ kind, bytes: reading.bytes, nonce: nonceOf(reading) ?? "" });
        break;
      }
      if (reading.state !== "unreadable" || delay > 3_600_000) break;
      await desk.wait(delay);
    }
  }
}
