export { callRecorder } from "./call-recorder.ts";
export { hostLedger } from "./host-ledger.ts";
export { type InstanceLock, takeInstance } from "./instance.ts";
export { jobRecorder } from "./job-recorder.ts";
export { Journal } from "./journal.ts";
export { lostLeaseRecorder } from "./lost-lease-recorder.ts";
export { namespaceRecorder } from "./namespace-recorder.ts";
export { stepRecorder } from "./step-recorder.ts";
export { workspaceRecorder } from "./workspace-recorder.ts";
