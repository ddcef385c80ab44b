export { Confirmations } from "./confirmations.ts";
export { workspacesOfJobs } from "./foreign-jobs.ts";
export { questionOf } from "./question.ts";
