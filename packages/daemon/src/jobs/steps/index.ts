export { JobSteps, type StepsOptions } from "./job-steps.ts";
export type {
  SavedEnd,
  SavedStep,
  StepJournal,
  StepKey,
  StepOutput,
  StepOutputs,
} from "./saved-step.ts";
