export { ClientName } from "./client-name.ts";
export { HELP } from "./help.ts";
export { defaultNamespace } from "./namespace.ts";
export { type Options, parseOptions } from "./parse-options.ts";
export { UsageError } from "./usage-error.ts";
