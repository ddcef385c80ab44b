export type { LabFiles } from "./files.ts";
export {
  type ForeignLock,
  foreignLock,
  freeDisk,
  fullDisk,
  hideProgram,
  holdZypp,
  letZyppGo,
  lockPath,
  readLock,
  readOnlyLocks,
  removeLock,
} from "./host/faults.ts";
export { type ExecOptions, type LabHost, quote } from "./host/lab-host.ts";
export type { OnReboot } from "./host/host-machine.ts";
export type { Lab } from "./lab.ts";
export type { Observation } from "./observe/events.ts";
export { doubleUses, parallelSeconds, type Use, usesFrom, usesOf } from "./observe/uses.ts";
export type { PackageLike, PackageSpec } from "./packages/spec.ts";
export { type Ended, run } from "./process.ts";
export { poolHoldings, type Holding } from "./observe/holdings.ts";
export { doubleHoldings, lockHoldings, witnessed } from "./observe/lock-holdings.ts";
export { type DemoScenario, demoScenario, startDemoLab } from "./scenario.ts";
export type { WireFault } from "./services/protocol.ts";
export { type LabOptions, startLab } from "./start.ts";
export type { AddonSpec, HostSpec } from "./spec.ts";
export type { UpdateTarget } from "./update/targets.ts";
export type { MadeUpdate, UpdateSpec } from "./update/update-spec.ts";
export { waitUntil } from "./wait.ts";
