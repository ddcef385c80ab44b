export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where this room reports what is nobody's answer; never secrets. */
export type Log = (level: LogLevel, text: string, fields?: Record<string, unknown>) => void;
