export type { KnownState, ReplyContext } from "./context.ts";
export { failureOf, failureText } from "./failure.ts";
export { pageBytes } from "./fit/omitted.ts";
export { LEAST_BUDGET, replyOf, shownText } from "./reply.ts";
