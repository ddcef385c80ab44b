export type { KnownState, ReplyContext } from "./context.ts";
export { failureOf } from "./failure.ts";
export { replyOf } from "./reply.ts";
