import type { Desk } from "../../daemon/support/desk.ts";
import type { Life } from "./kill.ts";

/** Rounds of the event loop after which work that does not end is a fault of the test. */
const MANY = 200_000;
/** Virtual time that anything may take, in milliseconds. */
const DAY = 24 * 3600_000;

/** Until nothing is under way that needs no time to pass: promises, files, what is written soon. */
export async function quiet(): Promise<void> {
  let calm = 0;
  for (let round = 0; round < MANY; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    const busy = process.getActiveResourcesInfo().some((each) => /Req|^Immediate/.test(each));
    calm = busy ? 0 : calm + 1;
    if (calm >= 3) return;
  }
  throw new Error("it does not come to rest");
}

/** Lets virtual time pass, from timer to timer, until the work is over or the daemon dead. */
export async function drive(desk: Desk, { life, over }: { life: Life; over: () => boolean }): Promise<void> {
  const until = desk.clock.now() + DAY;
  for (;;) {
    await quiet();
    if (life.dead || over()) return;
    const { next } = desk.clock;
    if (next === null || next > until) throw new Error(`stuck: ${whatGoesOn(desk)}`);
    await desk.clock.advance(Math.max(0, next - desk.clock.now()));
  }
}

/** So much virtual time, whatever happens in it. */
export async function pass(desk: Desk, { life, ms }: { life: Life; ms: number }): Promise<void> {
  const until = desk.clock.now() + ms;
  for (;;) {
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
