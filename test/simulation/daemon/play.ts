import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { type Desk, openDesk, sp6 } from "../../daemon/support/desk.ts";
import { faults, leftovers } from "./invariants.ts";
import { type Deadly, Life, lives, watch } from "./kill.ts";
import type { Scenario } from "./scenario.ts";
import { drive, pass, quiet } from "./settle.ts";
import { snapshot, type Snapshot } from "./snapshot.ts";
import { world } from "./world.ts";

/** Long enough for whatever is tried again in the background. */
const A_WHILE_MS = 150_000;
/** Everything is synced to disk, so it had better be memory. */
const DIRECTORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export interface Played {
  /** Points of each life, in order. */
  readonly points: readonly (readonly string[])[];
  /** The life that was to die did so. */
  readonly killed: boolean;
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly faults: readonly string[];
}

/**
 * One operation in a fresh world, with a life that ends at each of these points; the next life takes up what
 * is left, the world goes on, everything comes to rest; then it is judged, closed, and judged again.
 */
export async function play(scenario: Scenario, deaths: readonly Deadly[]): Promise<Played> {
  const born: Life[] = [];
  const plan = [...deaths];
  let desk = openDesk({
    hosts: [...scenario.hosts],
    directory: DIRECTORY,
    pool: world(scenario.hosts, scenario.products),
    inventory: scenario.hosts.map((host) => rowOf(host, scenario.products?.[host])),
    onLife: (ports) => {
      const life = new Life();
      born.push(life);
      lives.enterWith(life);
      watch(life, ports);
      if (born.length > 1) life.begin(plan.shift() ?? null);
    },
  });
  const first = desk;
  const current = (): Life => born.at(-1) as Life;
  const said: string[] = [];
  try {
    await scenario.setup?.(desk);
    await quiet();
    const before = snapshot(desk);
    const life = current();
    life.begin(plan.shift() ?? null);
    await untilOver(desk, { life, work: scenario.operate(desk) });
    await quiet();
    const killed = life.dead;
    life.counting = false;

    do {
      desk = await bornAgain(desk, born);
      lives.enterWith(current());
      const now = current();
      await untilOver(desk, { life: now, work: Promise.resolve(scenario.afterwards?.(desk)) });
      await rest(desk, now);
    } while (current().dead);
    current().counting = false;
    const after = snapshot(desk);
    said.push(...faults(desk));
    await closeAll(desk, current());
    said.push(...leftovers(desk).map((each) => `all closed: ${each}`));
    desk = await bornAgain(desk, born);
    lives.enterWith(current());
    await rest(desk, current());
    said.push(...leftovers(desk).map((each) => `the life after: ${each}`));
    return { points: born.map(({ points }) => points), killed, before, after, faults: said };
  } finally {
    for (const life of born) life.dead = true;
    desk[Symbol.dispose]();
    first[Symbol.dispose]();
  }
}

function rowOf(host: string, product: string | undefined): ReturnType<typeof sp6> {
  const row = sp6(host);
  return product === undefined ? row : { ...row, product: { ...row.product, name: product } };
}

/** The next life; where it dies while it takes up what is left, the one after it. */
async function bornAgain(desk: Desk, born: readonly Life[]): Promise<Desk> {
  for (;;) {
    const former = born.at(-1) as Life;
    former.dead = true;
    await quiet();
    const coming = desk.nextLife();
    const next = await Promise.race([coming, (born.at(-1) as Life).died.then(() => null)]);
    if (next !== null) return next;
  }
}

async function untilOver(desk: Desk, { life, work }: { life: Life; work: Promise<unknown> }): Promise<void> {
  let over = false;
  const ended = (): void => void (over = true);
  work.then(ended, (thrown: unknown) => {
    refusals.push(thrown);
    ended();
  });
  await drive(desk, { life, over: () => over });
}

/** What operations threw that were not killed; for the eye. */
export const refusals: unknown[] = [];

async function rest(desk: Desk, life: Life): Promise<void> {
  if (life.dead) return;
  const { jobs, arbiter } = desk.services;
  const atRest = (): boolean => {
    const waiting = new Set(arbiter.view().tickets.map(({ job }) => job));
    return jobs.list({ active: true }).every(({ id, state }) => state === "waiting" && waiting.has(id));
  };
  await drive(desk, { life, over: atRest });
  await pass(desk, { life, ms: A_WHILE_MS });
}

async function closeAll(desk: Desk, life: Life): Promise<void> {
  const names = desk.services.workspaces.list().map(({ name }) => name);
  const owner = { id: "c9", kind: "terminal", name: "mtuictl", namespace: null } as const;
  const closing = Promise.all(
    names.map((workspace) => desk.call("close_workspace", { workspace, force: true }, { client: owner })),
  );
  await untilOver(desk, { life, work: closing });
  await pass(desk, { life, ms: A_WHILE_MS });
}
