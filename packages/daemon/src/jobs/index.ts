export { type HostProgress, Job, type JobEnd, type JobRequest, type TicketView } from "./job.ts";
export { type JobLimits, JobTable } from "./table.ts";
export { isFinal } from "./state.ts";
export type { JobJournal, JobRecipe, SavedJob } from "./saved-job.ts";
