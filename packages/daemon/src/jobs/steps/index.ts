export { JobSteps, type JobStepsOptions, type StepsOptions } from "./job-steps.ts";
export type {
  SavedEnd,
  SavedLock,
  SavedStep,
  StepJournal,
  StepKey,
  StepOutputs,
} from "./saved-step.ts";
export { stepId } from "./recorded-session.ts";
