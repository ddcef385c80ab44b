import { AsyncLocalStorage } from "node:async_hooks";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import type { HostSession } from "../../../packages/daemon/src/hosts/index.ts";
import type { LifePorts } from "../../daemon/support/desk.ts";

/** Where a life of the daemon ends: at the point of this name, or at the n-th of all. */
export type Deadly = { readonly label: string } | { readonly at: number } | null;

/**
 * One life of the daemon. Everything that it does in the world passes here, once before it is done and once
 * when it is done but not answered. From the point on at which the life ends, nothing is done and nothing is
 * answered any more.
 */
export class Life {
  /** Each point by name, in order: what, where, the how-manieth of its kind. */
  readonly points: string[] = [];
  dead = false;
  /** Counting begins: what came before belongs to nobody's question. */
  counting = false;
  readonly died: Promise<"died">;
  readonly #die: (how: "died") => void;
  readonly #kinds = new Map<string, number>();
  #deadly: Deadly = null;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<"died">();
    this.died = promise;
    this.#die = resolve;
  }

  /** From now on points are counted, and one of them may be the last. */
  begin(deadly: Deadly = null): void {
    this.counting = true;
    this.#deadly = deadly;
  }

  /** @returns false when nothing happens any more */
  passes(what: string): boolean {
    if (this.dead) return false;
    if (!this.counting) return true;
    const times = (this.#kinds.get(what) ?? 0) + 1;
    this.#kinds.set(what, times);
    const label = `${what} #${times}`;
    this.points.push(label);
    const deadly = this.#deadly;
    if (deadly === null) return true;
    const fatal = "label" in deadly ? deadly.label === label : deadly.at === this.points.length;
    if (!fatal) return true;
    this.dead = true;
    this.#die("died");
    return false;
  }

  async call<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (!this.passes(`${what} asked`)) return await never<T>();
    let answer: { value: T } | { thrown: unknown };
    try {
      answer = { value: await work() };
    } catch (thrown) {
      answer = { thrown };
    }
    if (!this.passes(`${what} done`)) return await never<T>();
    if ("thrown" in answer) throw answer.thrown;
    return answer.value;
  }
}

/**
 * Files are points, too: reports and the output of steps. What a dead life still does with them fails: it
 * may hold what is one for the process (whose turn it is to write a report), and a process takes that with it.
 */
export function watchFiles(): () => void {
  const real = { ...files };
  for (const name of FILE_CALLS) {
    const call = real[name] as (...args: unknown[]) => Promise<unknown>;
    Object.assign(files, {
      [name]: async (...args: unknown[]) => {
        const life = lives.getStore();
        if (life?.passes(`file ${name} asked`) === false) throw new Error("dead");
        const answer = await call(...args);
        if (life?.passes(`file ${name} done`) === false) throw new Error("dead");
        return answer;
      },
    });
  }
  syncBuiltinESMExports();
  return () => {
    Object.assign(files, real);
    syncBuiltinESMExports();
  };
}

const FILE_CALLS = ["open", "rename", "unlink", "mkdir", "rm"] as const;

/** Whose turn it is: code that a dead life left behind must not be taken for the next one's. */
export const lives = new AsyncLocalStorage<Life>();

export function never<T>(): Promise<T> {
  return new Promise<T>(() => {});
}

const ASYNC_METHODS = [
  "query",
  "change",
  "follow",
  "takeLock",
  "readLock",
  "releaseLock",
  "replaceLock",
  "breakLock",
  "restampLock",
  "putBackLock",
  "bootId",
  "appendHistory",
  "refreshFacts",
  "reboot",
  "close",
] as const satisfies readonly (keyof HostSession)[];

/** Watches everything that this life does with hosts, its journal, its clock and its arbiter. */
export function watch(life: Life, { pool, journal, clock, arbiter }: LifePorts): void {
  watchPool(life, pool);
  const write = journal.write.bind(journal);
  journal.write = (change) => {
    if (!life.passes("journal write")) return true;
    const written = write(change);
    // What follows from it does not happen: all that it could do passes here, too.
    life.passes("journal written");
    return written;
  };
  const after = clock.after.bind(clock);
  clock.after = (ms, run) =>
    after(ms, () => {
      if (life.passes("timer")) lives.run(life, run);
    });
  const claim = arbiter.claim.bind(arbiter);
  arbiter.claim = (request, attempt, options) =>
    claim(request, (assigned, signal) => life.call("attempt", () => attempt(assigned, signal)), options);
}

function watchPool(life: Life, pool: LifePorts["pool"]): void {
  const open = pool.open.bind(pool);
  pool.open = (claim, options) =>
    life.call(`${claim.hostName} open`, async () => watched(life, await open(claim, options)));
  const { resolve, probe } = pool;
  pool.resolve = (name) => life.call(`${name} resolve`, () => resolve(name));
  pool.probe = (name, options) => life.call(`${name} probe`, () => probe(name, options));
  for (const machine of pool.machines.values())
    machine.gates.reboot = async () => {
      if (!life.passes(`${machine.name} down`)) await never();
    };
}

/** Ending a command is something that is done in the world, too: a dead life ends none. */
function cancelSeen(life: Life, session: HostSession, options: unknown): unknown {
  if (typeof options !== "object" || options === null || !("signal" in options)) return options;
  const { signal } = options;
  if (!(signal instanceof AbortSignal)) return options;
  const seen = new AbortController();
  const pass = (): void => {
    if (life.passes(`${session.name} cancel`)) seen.abort(signal.reason);
  };
  if (signal.aborted) pass();
  else signal.addEventListener("abort", pass, { once: true });
  return { ...options, signal: seen.signal };
}

function watched<S extends HostSession>(life: Life, session: S): S {
  for (const name of ASYNC_METHODS) {
    const method = session[name].bind(session) as (...args: unknown[]) => Promise<unknown>;
    Object.defineProperty(session, name, {
      value: (...args: unknown[]) =>
        life.call(`${session.name} ${name}`, () =>
          method(...args.map((each) => cancelSeen(life, session, each))),
        ),
    });
  }
  const collect = session.collect.bind(session);
  session.collect = (ids) => {
    if (life.passes(`${session.name} collect`)) collect(ids);
  };
  return session;
}
