export { type EventFilter, EventLog, type EventLogLimits, type EventPage } from "./event-log.ts";
