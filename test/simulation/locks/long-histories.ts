import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { Luck } from "./chooser.ts";
import { Daemon, type Program } from "./daemons.ts";
import type { Desk } from "./desk.ts";
import type { Cast, Setting, Stage } from "./histories.ts";
import { newFile } from "./model-host.ts";
import { lockName } from "./names.ts";
import { forcedUnlock, mtui19, mtui26 } from "./other-mtuis.ts";
import { START } from "./world.ts";

const SECOND = 1000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Mostly at the same moment, sometimes around the borders of the protocol's times. */
const WAITS = [0, 0, 0, 10, 499, 500, 3 * SECOND, 7 * HOUR, DAY + HOUR];
const HOLDS = [0, 0, 100, 3 * SECOND, 7 * HOUR, DAY + HOUR, 3 * DAY];

/** Budgets of one history. */
export function accidents(luck: Luck): Setting {
  const few = (): number => Math.max(0, luck.pick(4) - 1);
  const haste = [0.02, 0.1, 0.5][luck.pick(3)] ?? 0.1;
  return { haste, budgets: { crashes: few(), losses: few(), reboots: luck.pick(4) === 0 ? 1 : 0 } };
}

/** A cast by luck: two or three daemons, up to three other mtuis, people who force, whatever file is there. */
export function someCast(luck: Luck): Cast {
  const any = <T>(of: readonly T[]): T => of[luck.pick(of.length)] as T;
  const kind = (): LockKind => (luck.pick(3) === 0 ? "pool" : "operation");
  const program = (): Program => {
    const acts = Array.from({ length: 1 + luck.pick(3) }, () => act(luck, kind()));
    return async (desk) => {
      for (const each of acts) await each(desk);
    };
  };
  const daemons = Array.from({ length: 2 + luck.pick(2) }, () =>
    Array.from({ length: 1 + luck.pick(2) }, program),
  );
  const others = Array.from({ length: luck.pick(4) }, (_, index) => ({
    strict: luck.pick(3) === 0,
    user: `other${index}`,
    kind: kind(),
    wait: any(WAITS),
    hold: any(HOLDS),
    dies: any([null, null, null, "after create" as const, "while holding" as const]),
  }));
  const force = luck.pick(5) === 0 ? { kind: kind(), wait: any(WAITS) } : null;
  const ahead = any([0, 0, 0, 5, -3 * 86_400, 5 * 365 * 86_400]);
  const file = fileBefore(luck, ahead);
  return (stage: Stage) => {
    const { world } = stage;
    world.host.clockAhead = ahead;
    if (file !== null) world.host.names.set(lockName("operation"), newFile(Buffer.from(file)));
    for (const other of others)
      world.start((self) => (other.strict ? mtui26 : mtui19)(self, other), {
        who: `mtui ${other.strict ? 26 : 19} of ${other.user}`,
      });
    if (force !== null) world.start((self) => forcedUnlock(self, force), { who: "a person elsewhere" });
    return daemons.map((programs, index) => new Daemon(stage, { daemonId: `d${index + 1}`, programs }));
  };
}

/** By the host's clock. */
function fileBefore(luck: Luck, ahead: number): string | null {
  const now = Math.floor(START / SECOND) + ahead;
  const files = [
    null,
    null,
    "",
    `${now - 90_000}:bob:77:left`,
    `${now - 86_300}:bob:77`,
    `${now}:bob:77`,
    "garbage",
  ];
  return files[luck.pick(files.length)] ?? null;
}

function act(luck: Luck, kind: LockKind): (desk: Desk) => Promise<void> {
  const any = <T>(of: readonly T[]): T => of[luck.pick(of.length)] as T;
  const wait = any(WAITS);
  const hold = any(HOLDS);
  const awake = luck.pick(3) > 0;
  const works = kind === "operation" && luck.pick(2) === 0;
  const release = luck.pick(2) === 0;
  if (luck.pick(8) === 0)
    return async (desk) => {
      await desk.wait(wait);
      await desk.force(kind, { thinking: any([0, 3 * SECOND, HOUR]) });
    };
  return async (desk) => {
    await desk.wait(wait);
    const lock = await desk.take(kind);
    if (lock === null) return;
    if (works && (await desk.change(lock, { work: any([0, 2 * SECOND, HOUR]), release }))) return;
    await desk.hold(lock, { ms: hold, awake });
    await desk.putBack(lock);
    await desk.release(lock);
  };
}
