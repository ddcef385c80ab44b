export { installPrompts } from "./install-prompts.ts";
