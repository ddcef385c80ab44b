export { type Allowance, ALLOWANCES } from "./allowances.ts";
export type {
  ArraySchema,
  CommandTable,
  ObjectSchema,
  OperationEntry,
  ParamSchema,
  ResultSchema,
  ScalarSchema,
  ToolTable,
} from "./command-table.ts";
export {
  ERROR_KINDS,
  type ErrorKind,
  type ErrorReport,
  fromReport,
  isErrorKind,
  MtuiError,
  type MtuiErrorOptions,
  toMtuiError,
} from "./errors.ts";
export type { Params, RequestId } from "./framing/message.ts";
export { WIRE_LIMITS, type WireLimits } from "./limits.ts";
export type { CallOptions, PeerCall, PeerEvent, PeerOptions, PeerService } from "./peer/options.ts";
export { Peer } from "./peer/peer.ts";
export { BUILD, commonProtocol, EXIT_ALREADY_RUNNING, PROTOCOL_RANGE, VERSION } from "./version.ts";
export { fromWireError, toWireError, type WireError } from "./wire-error.ts";
