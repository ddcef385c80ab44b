import type { Desk } from "../../daemon/support/desk.ts";
import type { Life } from "./kill.ts";

/** Rounds of the event loop after which work that does not end is a fault of the test. */
const MANY = 100_000;
/** Timers that may fire before something is over: what needs more never ends. */
const TIMERS = 2_000;

/** Until nothing is under way that needs no time to pass: promises, files, what is written soon. */
export async function quiet(): Promise<void> {
  let calm = 0;
  for (let round = 0; round < MANY; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    const busy = process.getActiveResourcesInfo().some((each) => /Req|^Immediate/.test(each));
    calm = busy ? 0 : calm + 1;
    if (calm >= 2) return;
  }
  throw new Error("it does not come to rest");
}

/** Lets virtual time pass, from timer to timer, until the work is over or the daemon dead. */
export async function drive(desk: Desk, { life, over }: { life: Life; over: () => boolean }): Promise<void> {
  for (let timers = 0; ; timers++) {
    await quiet();
    if (life.dead || over()) return;
    const { next } = desk.clock;
    if (next === null || timers > TIMERS) throw new Error(`stuck: ${whatGoesOn(desk)}`);
    await desk.clock.advance(Math.max(0, next - desk.clock.now()));
  }
}

/** So much virtual time, whatever happens in it. */
export async function pass(desk: Desk, { life, ms }: { life: Life; ms: number }): Promise<void> {
  const until = desk.clock.now() + ms;
  for (let timers = 0; ; timers++) {
    if (timers > TIMERS) throw new Error(`no rest: ${whatGoesOn(desk)}`);
    await quiet();
    const { next } = desk.clock;
    if (life.dead) return;
    if (next === null || next > until) break;
    await desk.clock.advance(Math.max(0, next - desk.clock.now()));
  }
  await desk.clock.advance(Math.max(0, until - desk.clock.now()));
  await quiet();
}

function whatGoesOn(desk: Desk): string {
  const jobs = desk.services.jobs.list({ active: true }).map(({ id, state }) => `${id} ${state}`);
  const { claims, tickets } = desk.services.arbiter.view();
  return JSON.stringify({
    jobs,
    claims: claims.map(({ host, workspace, state }) => `${host} ${workspace} ${state}`),
    tickets: tickets.map(({ job }) => job),
  });
}
