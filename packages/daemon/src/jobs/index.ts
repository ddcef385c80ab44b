export { type HostProgress, Job, type JobRequest, type TicketView } from "./job.ts";
export { type JobLimits, JobTable } from "./table.ts";
export { isFinal } from "./state.ts";
export type { JobEnd, JobJournal, JobRecipe, Reached, SavedJob } from "./saved-job.ts";
