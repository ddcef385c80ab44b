import type { PlainHandler } from "./context.ts";

export const listQueue: PlainHandler<"list_queue"> = async (_params, { services }) => services.arbiter.view();
