export { hostLedger } from "./host-ledger.ts";
export { type InstanceLock, takeInstance } from "./instance.ts";
export { jobRecorder } from "./job-recorder.ts";
export { Journal } from "./journal.ts";
export { workspaceRecorder } from "./workspace-recorder.ts";
