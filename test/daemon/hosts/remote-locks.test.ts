import { beforeEach, describe, expect, test } from "vitest";
import { MtuiError } from "@mtui/core/protocol";
import type { Clock } from "@mtui/core/clock";
import type { DropAnswer, LockPort, SwapAnswer } from "../../../packages/daemon/src/hosts/lock-port.ts";
import { type LiveLocks, RemoteLocks } from "../../../packages/daemon/src/hosts/remote-locks.ts";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";

/** What `RemoteLocks` makes of answers that are late or lost; whole histories are in simulation/locks. */

const START = Date.UTC(2026, 10, 22, 6);
const PURPOSE = { operation: "run", rrid: null, workspace: "default" };

let file: Buffer | null;
let now: number;
let live: LiveLocks;
/** Steps whose answer is lost; "arrives" says whether they were made all the same, or only later. */
let lose: { step: "swap" | "drop" | "read"; made: boolean }[];
let late: (() => void)[];
let wait: Promise<void>;

const clock: Clock = {
  now: () => now,
  after: () => () => undefined,
};

async function answer<T>(step: "swap" | "drop" | "read", make: () => T): Promise<T> {
  const [next] = lose;
  if (next?.step !== step) {
    const made = make();
    await wait;
    return made;
  }
  lose.shift();
  if (next.made) make();
  else late.push(make);
  throw new MtuiError("host.lost", "No answer.", { hint: "Look." });
}

const port: LockPort = {
  swap: async ({ lock, expected, mustExist }) =>
    await answer("swap", (): SwapAnswer => {
      if (file === null ? mustExist === true : !(expected.state === "bytes" && expected.bytes.equals(file)))
        return { state: "exists" };
      file = Buffer.from(lock.bytes);
      return { state: "taken" };
    }),
  drop: async ({ text }) =>
    await answer("drop", (): DropAnswer => {
      if (file === null) return { state: "absent" };
      if (file.toString() !== text) return { state: "foreign" };
      file = null;
      return { state: "released" };
    }),
  read: async () =>
    await answer("read", () =>
      file === null ? { state: "absent" } : { state: "file", bytes: file, clock: now / 1000 },
    ),
  tidy: async () => await Promise.resolve(true),
};

function session(): RemoteLocks {
  return new RemoteLocks({
    port,
    identity: { user: "alice+mtuid", pid: 4242, daemonId: "d1" },
    stale: { staleAgeSeconds: 86_400, reapStale: true },
    clock,
    live,
    hostClock: () => now / 1000,
    onReap: () => undefined,
  });
}

async function taken(locks: RemoteLocks): Promise<HeldLock> {
  const taking = await locks.take("operation", PURPOSE);
  if (taking.state !== "taken") throw new Error(JSON.stringify(taking));
  return taking.lock;
}

beforeEach(() => {
  file = null;
  now = START;
  live = new Map();
  lose = [];
  late = [];
  wait = Promise.resolve();
});

describe("answers that are lost", () => {
  test("a file that comes after all is not forgotten", async () => {
    const locks = session();
    lose = [{ step: "swap", made: false }];
    const taking = await locks.take("operation", PURPOSE);
    if (taking.state !== "error" || taking.left === undefined) throw new Error(JSON.stringify(taking));
    expect(locks.held.map(({ nonce }) => nonce)).toEqual([taking.left.nonce]);
    now += 3000;
    expect(await locks.release(taking.left)).toMatchObject({ state: "error" });
    for (const make of late) make();
    expect(file).not.toBeNull();
    expect(await locks.release(taking.left)).toEqual({ state: "released" });
    expect(locks.held).toEqual([]);
  });

  test("a file that does not come is given up when it cannot come any more", async () => {
    const locks = session();
    lose = [{ step: "swap", made: false }];
    const taking = await locks.take("pool", { ...PURPOSE, operation: null });
    if (taking.state !== "error" || taking.left === undefined) throw new Error(JSON.stringify(taking));
    now += 7000;
    expect(await locks.release(taking.left)).toEqual({ state: "absent" });
  });

  test("a file that was there and is taken back leaves nothing to give up", async () => {
    lose = [{ step: "swap", made: true }];
    expect(await session().take("operation", PURPOSE)).toEqual({ state: "error", reason: "No answer." });
    expect(file).toBeNull();
  });

  test("a renewing that was made is found by the next, and the lock stays young", async () => {
    const locks = session();
    const lock = await taken(locks);
    now += 21_600_000;
    lose = [{ step: "swap", made: true }];
    expect(await locks.restamp(lock)).toMatchObject({ state: "error" });
    now += 21_600_000;
    expect(await locks.restamp(lock)).toMatchObject({ state: "taken" });
    expect(file?.toString()).toMatch(new RegExp(`^${now / 1000}:`));
    expect(await locks.release(lock)).toEqual({ state: "released" });
  });

  test("who cannot ask whose lock stands there does not forget his own", async () => {
    const locks = session();
    const lock = await taken(locks);
    now += 21_600_000;
    lose = [
      { step: "swap", made: true },
      { step: "read", made: true },
    ];
    await locks.restamp(lock);
    expect(await locks.release(lock)).toMatchObject({ state: "error" });
    expect(locks.held).toHaveLength(1);
    expect(await locks.release(lock)).toEqual({ state: "released" });
  });
});

test("a lock is ours before its answer is here: no other workspace takes it for a left-over", async () => {
  const arrives = Promise.withResolvers<void>();
  wait = arrives.promise;
  const first = session().take("operation", PURPOSE);
  wait = Promise.resolve();
  expect(await session().take("operation", PURPOSE)).toMatchObject({
    state: "refused",
    by: { state: "ours" },
  });
  arrives.resolve();
  expect(await first).toMatchObject({ state: "taken" });
});
