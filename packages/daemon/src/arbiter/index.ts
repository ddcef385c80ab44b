export type { ArbiterEvent } from "./arbiter-event.ts";
export { createArbiter } from "./arbiter.ts";
export type { ArbiterChange } from "./changes.ts";
export { Claim, type ClaimFields } from "./claim.ts";
export type { HostFault } from "./events.ts";
export type {
  ArbiterJournal,
  ArbiterOptions,
  Attempt,
  ClaimOptions,
  ClaimRequest,
  Granted,
  HostArbiter,
  TakeoverOptions,
} from "./ports.ts";
export type { Place } from "./restore-gate.ts";
export type { Candidate } from "./state.ts";
export type { QueueView, TicketView } from "./view.ts";
