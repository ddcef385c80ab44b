export { findConfigFiles, type FoundFiles } from "./find-files.ts";
export { type LoadedConfig, loadConfig, type LoadOptions, redactConfig } from "./load.ts";
export { nearest } from "./nearest.ts";
export { expandHome, type Places, places } from "./paths.ts";
export type { Config, SectionName } from "./schema/sections.ts";
