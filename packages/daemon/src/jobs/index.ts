export { type HostProgress, Job, type JobEnd, type JobRequest, type TicketView } from "./job.ts";
export { isFinal } from "./state.ts";
export { DEFAULT_JOB_LIMITS, type JobLimits, JobTable } from "./table.ts";
