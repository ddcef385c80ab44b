import type { LockKind } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import { Daemon, type Program } from "./daemons.ts";
import type { Cast, Setting, Stage } from "./histories.ts";
import { newFile } from "./model-host.ts";
import { lockName } from "./names.ts";
import { mtui19, mtui26, type OtherMtui } from "./other-mtuis.ts";
import { START } from "./world.ts";

export interface SmallCase {
  readonly name: string;
  readonly cast: Cast;
  readonly setting: Setting;
}

const KIND: LockKind = "operation";
const SECONDS = Math.floor(START / 1000);
const STALE = `${SECONDS - 90_000}:bob:77:left`;
const QUICK: Setting = { instantAnswers: true, idleJumps: 0 };

const takesAndGivesBack: Program = async (desk) => {
  const lock = await desk.take(KIND);
  if (lock !== null) await desk.release(lock);
};
const changes: Program = async (desk) => {
  const lock = await desk.take(KIND);
  if (lock === null || (await desk.change(lock, { work: 2000, release: false }))) return;
  await desk.release(lock);
};
const changesAndGivesBack: Program = async (desk) => {
  const lock = await desk.take(KIND);
  if (lock === null || (await desk.change(lock, { work: 2000, release: true }))) return;
  await desk.release(lock);
};
/** Takes, sleeps for more than a day, and then gives back a lock that is long stale. */
const sleeps: Program = async (desk) => {
  const lock = await desk.take(KIND);
  if (lock === null) return;
  await desk.hold(lock, { ms: 90_000_000, awake: false });
  await desk.release(lock);
};
const comesLater: Program = async (desk) => {
  await desk.wait(90_000_000 - 500);
  await takesAndGivesBack(desk);
};
const forces: Program = async (desk) => await desk.force(KIND, { thinking: 1000 });
/** A lock that is held when it is over. */
const keeps: Program = async (desk) => {
  const lock = await desk.take(KIND);
  if (lock !== null) {
    await desk.wait(3000);
    await desk.release(lock);
  }
};

interface Before {
  readonly file?: string;
  /** Looking at files fails. */
  readonly unreadable?: boolean;
  readonly others?: (stage: Stage) => void;
}

function cast(programs: readonly (readonly Program[])[], before: Before = {}): Cast {
  return (stage) => {
    const { file, others, unreadable = false } = before;
    stage.world.host.readErrors = unreadable;
    if (file !== undefined) stage.world.host.names.set(lockName(KIND), newFile(Buffer.from(file)));
    others?.(stage);
    return programs.map((each, index) => new Daemon(stage, { daemonId: `d${index + 1}`, programs: each }));
  };
}

const OTHER: OtherMtui = { user: "carol", kind: KIND, wait: 0, hold: 0, dies: null };

function old(options: Partial<OtherMtui> = {}): (stage: Stage) => void {
  return ({ world }) => {
    world.start((self) => mtui19(self, { ...OTHER, ...options }), { who: "mtui 19" });
  };
}

function strict(options: Partial<OtherMtui> = {}): (stage: Stage) => void {
  return ({ world }) => {
    world.start((self) => mtui26(self, { ...OTHER, ...options }), { who: "mtui 26" });
  };
}

export const SMALL_CASES: readonly SmallCase[] = [
  { name: "two take a free host", cast: cast([[takesAndGivesBack], [takesAndGivesBack]]), setting: QUICK },
  {
    name: "two reap a stale lock",
    cast: cast([[takesAndGivesBack], [takesAndGivesBack]], { file: STALE }),
    setting: QUICK,
  },
  {
    name: "two find an empty file",
    cast: cast([[takesAndGivesBack], [takesAndGivesBack]], { file: "" }),
    setting: QUICK,
  },
  {
    name: "two workspaces of one daemon, answers late",
    cast: cast([[keeps, keeps]]),
    setting: { idleJumps: 0 },
  },
  {
    name: "a foreign lock that cannot be read",
    cast: cast([[takesAndGivesBack]], { file: `${SECONDS}:carol:7`, unreadable: true }),
    setting: QUICK,
  },
  {
    name: "one gives back what is stale while another reaps it",
    cast: cast([[sleeps], [comesLater]]),
    setting: QUICK,
  },
  {
    name: "a person forces what another takes",
    cast: cast([[forces], [takesAndGivesBack]], { file: STALE }),
    setting: { ...QUICK, idleJumps: 1 },
  },
  {
    name: "a take beside mtui 19",
    cast: cast([[keeps]], { others: old({ hold: 2000 }) }),
    setting: { ...QUICK, idleJumps: 1 },
  },
  {
    name: "a take beside mtui 26",
    cast: cast([[keeps]], { others: strict({ hold: 2000 }) }),
    setting: { ...QUICK, idleJumps: 1 },
  },
  {
    name: "a reap beside mtui 19's",
    cast: cast([[takesAndGivesBack]], { file: STALE, others: old() }),
    setting: { ...QUICK, idleJumps: 0 },
  },
  {
    name: "a reap beside mtui 26's",
    cast: cast([[takesAndGivesBack]], { file: STALE, others: strict() }),
    setting: { ...QUICK, idleJumps: 0 },
  },
  {
    name: "a take and a crash at every step, another takes",
    cast: cast([[takesAndGivesBack], [takesAndGivesBack]]),
    setting: { idleJumps: 0, instantAnswers: true, budgets: { crashes: 1 } },
  },
  {
    name: "a change and a lost connection at every step",
    cast: cast([[changes]]),
    setting: { idleJumps: 0, instantAnswers: true, budgets: { losses: 1 } },
  },
  {
    name: "a change that gives back, and a crash at every step",
    cast: cast([[changesAndGivesBack]]),
    setting: { idleJumps: 1, instantAnswers: true, budgets: { crashes: 1 } },
  },
  {
    name: "a take, a lost connection at every step, another's quick use",
    cast: cast([[takesAndGivesBack], [takesAndGivesBack]]),
    setting: { idleJumps: 0, instantAnswers: true, budgets: { losses: 1 } },
  },
  {
    name: "a change and a reboot at every step",
    cast: cast([[changes]]),
    setting: { idleJumps: 0, instantAnswers: true, budgets: { reboots: 1 } },
  },
];
