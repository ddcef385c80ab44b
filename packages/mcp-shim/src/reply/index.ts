export type { KnownState, ReplyContext } from "./context.ts";
export { failureOf } from "./failure.ts";
export { pageBytes } from "./fit/omitted.ts";
export { LEAST_BUDGET, replyOf } from "./reply.ts";
