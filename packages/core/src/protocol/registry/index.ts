import type { z } from "zod";
import { OPERATIONS, type Operation } from "./operations.ts";

export { OPERATIONS, type Operation };
export type OperationName = Operation["name"];

export const operationsByName: ReadonlyMap<string, Operation> = new Map(
  OPERATIONS.map((op) => [op.name, op]),
);

type OperationOf<N extends OperationName> = Extract<Operation, { name: N }>;
/** Parameters after validation, defaults filled in. */
export type ParamsOf<N extends OperationName> = z.output<OperationOf<N>["params"]>;
/** Parameters as a client sends them. */
export type InputOf<N extends OperationName> = z.input<OperationOf<N>["params"]>;
export type ResultOf<N extends OperationName> = z.output<OperationOf<N>["result"]>;

export type { Effect, OperationSpec, Scope } from "./operation.ts";
export { workspaceName } from "./operation.ts";
export { type DaemonEvent, eventShape, type OutputPiece } from "./jobs.ts";
export { GET_LIMIT, PUT_LIMIT } from "./files.ts";
export { helloParams, helloResult } from "./daemon.ts";
export {
  errorReport,
  hostProgress,
  type HostResult,
  jobState,
  type JobState,
  type JobView,
  slotShape,
  type Validation,
  validation,
} from "./shapes.ts";
export { buildCommandTable, buildToolTable } from "./table.ts";
