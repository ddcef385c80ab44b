export { type ResourceHandlers, type ResourceOptions, resourceHandlers } from "./handlers.ts";
export type { ReadLink } from "./link.ts";
