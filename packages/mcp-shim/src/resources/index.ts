export { type ResourceHandlers, resourceHandlers } from "./handlers.ts";
export type { ReadLink } from "./link.ts";
