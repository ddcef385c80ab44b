export { type DaemonLog, type Log, type LogLevel, type LogOptions, openLog } from "./log.ts";
export { redactText, redactValue } from "./redact.ts";
