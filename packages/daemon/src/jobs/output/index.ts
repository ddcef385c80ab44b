export { JobOutputs, type OpenStep, type OutputLimits, type StreamFacts } from "./outputs.ts";
export type { StepOutput } from "./step-output.ts";
export { type StreamId, type StreamName } from "./place.ts";
export type { TextPiece } from "./text-pieces.ts";
export { outputPage, type OutputWish } from "./page.ts";
