export { type ResourceHandlers, type ResourceOptions, resourceHandlers } from "./handlers.ts";
export { reportsIn } from "./known.ts";
export { ask, type ReadLink } from "./link.ts";
export { type Place, placeOf } from "./uris.ts";
