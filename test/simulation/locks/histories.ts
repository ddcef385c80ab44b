import { type Chooser, EveryOrder, type Luck, seeded } from "./chooser.ts";
import { type Budgets, Daemon, type DaemonParts } from "./daemons.ts";
import { Judge } from "./judge.ts";
import type { Protocol } from "./link.ts";
import { World } from "./world.ts";

export interface Verdict {
  /** Null when nothing was wrong. */
  readonly violation: string | null;
  readonly trace: readonly string[];
  /** Writes of others between a compare of ours and the change that followed. */
  readonly instants: number;
  readonly steps: number;
  /** It was left half way: the rest is like that of another. */
  readonly pruned: boolean;
}

export interface Setting {
  readonly budgets?: Partial<Budgets>;
  /** How often time may pass although something could be done at once; without: as often as it likes. */
  readonly idleJumps?: number;
  /** How likely time passes where a step of somebody has 1. */
  readonly haste?: number;
  /** Answers arrive the moment a script ends. */
  readonly instantAnswers?: boolean;
}

export interface Stage extends DaemonParts {
  readonly chooser: Chooser;
}

/** Puts everybody on the stage. */
export type Cast = (stage: Stage) => readonly Daemon[];

export async function play(
  cast: Cast,
  { chooser, protocol, setting }: { chooser: Chooser; protocol: Protocol; setting: Setting },
): Promise<Verdict> {
  const { idleJumps, instantAnswers = false } = setting;
  const world = new World(chooser, idleJumps === undefined ? {} : { idleJumps });
  world.haste = setting.haste ?? world.haste;
  const judge = new Judge(world);
  const budgets = { crashes: 0, losses: 0, reboots: 0, ...setting.budgets };
  const daemons = cast({ world, judge, protocol, budgets, instantAnswers, chooser });
  world.onReboot = () => {
    for (const daemon of daemons) daemon.rebooted();
  };
  await world.run();
  if (world.violation === null && !world.pruned) judge.end();
  return {
    violation: world.violation,
    trace: world.violation === null ? [] : world.trace(),
    instants: judge.instants,
    steps: world.steps,
    pruned: world.pruned,
  };
}

export interface Exploration {
  readonly histories: number;
  readonly steps: number;
  readonly instants: number;
  /** The first that went wrong. */
  readonly found: (Verdict & { readonly seed: number | null }) | null;
}

/** Every order in which these few can meet, up to a number of histories. */
export async function exploreAll(
  cast: Cast,
  options: { protocol: Protocol; setting: Setting; limit: number },
): Promise<Exploration & { readonly complete: boolean; readonly runs: number }> {
  const chooser = new EveryOrder();
  let histories = 0;
  let runs = 0;
  let steps = 0;
  let instants = 0;
  for (;;) {
    const verdict = await play(cast, { ...options, chooser });
    if (!verdict.pruned) histories += 1;
    runs += 1;
    steps += verdict.steps;
    instants += verdict.instants;
    const counted = { histories, runs, steps, instants };
    if (verdict.violation !== null) return { ...counted, found: { ...verdict, seed: null }, complete: false };
    if (!chooser.advance()) return { ...counted, found: null, complete: true };
    if (runs >= options.limit) return { ...counted, found: null, complete: false };
  }
}

/** Histories made by luck, one seed each. */
export async function exploreSeeds(
  castBy: (luck: Luck) => Cast,
  options: { protocol: Protocol; setting: (luck: Luck) => Setting; firstSeed: number; count: number },
): Promise<Exploration> {
  let steps = 0;
  let instants = 0;
  for (let index = 0; index < options.count; index += 1) {
    const seed = options.firstSeed + index;
    const chooser = seeded(seed);
    const setting = options.setting(chooser);
    const verdict = await play(castBy(chooser), { ...options, chooser, setting });
    steps += verdict.steps;
    instants += verdict.instants;
    if (verdict.violation !== null)
      return { histories: index + 1, steps, instants, found: { ...verdict, seed } };
  }
  return { histories: options.count, steps, instants, found: null };
}
