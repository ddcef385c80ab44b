import type { LockIdentity } from "../../../packages/daemon/src/hosts/lock-identity.ts";
import { type LiveLocks, RemoteLocks } from "../../../packages/daemon/src/hosts/remote-locks.ts";
import { Desk, recover } from "./desk.ts";
import { type Judge, STALE_SECONDS } from "./judge.ts";
import { type Fate, Link, modelPort, type Protocol } from "./link.ts";
import { accident, type Action, type DaemonLife } from "./process.ts";
import type { World } from "./world.ts";

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

  constructor(
    parts: DaemonParts,
    { daemonId, programs }: { daemonId: string; programs: readonly Program[] },
  ) {
    this.#parts = parts;
    this.#programs = programs;
    this.#identity = { user: "alice+mtuid", pid: 4242, daemonId };
    this.#life = { daemonId, number: 0, alive: false };
    parts.world.sources.push(() => this.#accidents());
    this.#begin();
  }

  #begin(): void {
    const { world } = this.#parts;
    const life: DaemonLife = {
      daemonId: this.#identity.daemonId,
      number: this.#life.number + 1,
      alive: true,
    };
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
    const link = new Link(world, {
      life,
      name: `${life.daemonId}.${life.number}/${workspace}`,
      instantAnswers,
    });
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
