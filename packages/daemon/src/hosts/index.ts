export {
  createHostConnector,
  type HostConnector,
  type HostConnectorOptions,
  type OpenOptions,
} from "./connector.ts";
export type { Entered } from "./enter.ts";
export { sweepPutsScript } from "./left-puts.ts";
export { dormantSession } from "./dormant-session.ts";
export type { CommandOutcome, Captured, HostState } from "./outcome.ts";
export type { ProbeReading } from "./probe.ts";
export type {
  CommandLimits,
  ExecOptions,
  HeldLock,
  HostSession,
  LockPurpose,
  LockReading,
  LockRelease,
  LockTaking,
  RebootOutcome,
} from "./session.ts";
export type { UnendedJournal } from "./unended.ts";
export { capturedText, completeUtf8End } from "../ssh/capture.ts";
