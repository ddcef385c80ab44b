export { installSubscriptions } from "./install-subscriptions.ts";
export { listens, MOST_LISTENS } from "./listens.ts";
export { Subscriptions } from "./subscriptions.ts";
