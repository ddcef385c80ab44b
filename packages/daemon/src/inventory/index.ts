export { createInventory } from "./create.ts";
export type { Found } from "./load-file.ts";
export { resolveInventory, type ResolveContext } from "./resolve.ts";
