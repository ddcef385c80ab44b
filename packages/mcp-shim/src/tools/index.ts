export { type CheckedArguments, checkArguments } from "./check-arguments.ts";
export { workspaceOf } from "./find-workspace.ts";
export { INSTRUCTIONS } from "./instructions.ts";
export { CORE, isProfile, offerable, offered, type Profile, PROFILES } from "./profiles.ts";
export { toolsOf } from "./tool-list.ts";
