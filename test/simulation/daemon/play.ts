import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { type Desk, openDesk } from "../../daemon/support/desk.ts";
import { faults, leftovers } from "./invariants.ts";
import { type Deadly, Life, lives, watch } from "./kill.ts";
import type { Scenario } from "./scenarios.ts";
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
    pool: world(scenario.hosts),
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

/**
 * What may not differ from a life that nobody ended: a job that is known ends as it would have ended, with
 * the same result and the same commands on the hosts; without it, nothing has happened.
 */
export function differences(scenario: Scenario, played: { got: Played; want: Played }): string[] {
  const says: string[] = [];
  const got = scenario.anyHost ? oneNameForAll(scenario, played.got) : played.got;
  const want = scenario.anyHost ? oneNameForAll(scenario, played.want) : played.want;
  const { before, after } = got;
  for (const [id, job] of Object.entries(after.jobs)) {
    const expected = want.after.jobs[id];
    if (scenario.open) continue;
    if (!isDeepStrictEqual(comparable(job), comparable(expected)))
      says.push(`${id}: ${JSON.stringify(job)}\n    not ${JSON.stringify(expected)}`);
  }
  for (const id of Object.keys(before.jobs))
    if (after.jobs[id] === undefined) says.push(`${id} is forgotten`);
  for (const machine of scenario.anyHost ? [] : scenario.hosts) {
    const commands = after.changes[machine] ?? [];
    const all = want.after.changes[machine] ?? [];
    if (commands.some((command, index) => command !== all[index]))
      says.push(`${machine}: ${JSON.stringify(commands)} is no beginning of ${JSON.stringify(all)}`);
    if ((after.boots[machine] ?? 0) > (want.after.boots[machine] ?? 0))
      says.push(`${machine}: rebooted once too often`);
    const lines = after.history[machine] ?? [];
    if (lines.length > (want.after.history[machine] ?? []).length)
      says.push(`${machine}: history ${lines.join(", ")}`);
  }
  const complete = !scenario.open && Object.keys(want.after.jobs).every((id) => after.jobs[id] !== undefined);
  const work = Object.keys(want.after.jobs).length > Object.keys(want.before.jobs).length;
  if (complete && work) {
    for (const key of ["desks", "changes", "boots"] as const)
      if (!isDeepStrictEqual(after[key], want.after[key]))
        says.push(`${key}: ${JSON.stringify(after[key])}\n    not ${JSON.stringify(want.after[key])}`);
  } else if (!scenario.open) says.push(...between(got, want));
  return says;
}

/** `add_host` that had its hosts when the daemon died finds them in the desk, and says so. */
function comparable(job: Snapshot["jobs"][string] | undefined): unknown {
  if (job?.operation !== "add_host" || job.result === null) return job;
  return { ...job, result: { ...(job.result as object), warnings: [] } };
}

/** Hosts by one name, and commands in no order of hosts: what was done, wherever. */
function oneNameForAll({ hosts }: Scenario, played: Played): Played {
  const plain = (shot: Snapshot): Snapshot => {
    const renamed = JSON.parse(
      hosts.reduce(
        (text, host) => text.replaceAll(new RegExp(`\\b${host}\\b`, "g"), "HOST"),
        JSON.stringify(shot),
      ),
    ) as Snapshot;
    const all = (by: Record<string, string[]>): Record<string, string[]> => ({
      HOST: Object.values(by)
        .flat()
        .toSorted((a, b) => (a < b ? -1 : 1)),
    });
    return { ...renamed, changes: all(shot.changes), history: all(shot.history), boots: {} };
  };
  return { ...played, before: plain(played.before), after: plain(played.after) };
}

/** Each desk and each of its hosts is as it was, or as it was to be. */
function between({ before, after }: Played, want: Played): string[] {
  const says: string[] = [];
  for (const name of new Set([...Object.keys(before.desks), ...Object.keys(after.desks)])) {
    const [was, is, will] = [before.desks[name], after.desks[name], want.after.desks[name]];
    if (is === undefined) {
      if (was !== undefined && will !== undefined) says.push(`desk ${name} is gone`);
      continue;
    }
    if (is.rrid !== was?.rrid && is.rrid !== will?.rrid && is.rrid !== null)
      says.push(`desk ${name}: ${is.rrid}`);
    for (const key of ["hosts", "byHand"] as const)
      for (const host of new Set([...(was?.[key] ?? []), ...is[key]])) {
        const [a, b, c] = [was, is, will].map((each) => each?.[key].includes(host) ?? false);
        if (b !== a && b !== c) says.push(`desk ${name}: ${key} ${is[key].join(" ")}`);
      }
  }
  return says;
}
