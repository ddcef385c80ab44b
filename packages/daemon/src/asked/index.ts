export { type AskedCall, askedCall } from "./asked-call.ts";
export { askedNote, jobsAskedFor } from "./asked-jobs.ts";
export { type CallJournal, RememberedCalls } from "./remembered-calls.ts";
