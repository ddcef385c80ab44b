export { createResolver, type ResolveTarget } from "./config/resolver.ts";
export { ControlShell, type ControlAnswer } from "./control-shell.ts";
export { type Dial, dial, type DialSettings, routeTo } from "./dial.ts";
export type { UnknownHostPolicy } from "./host-key-policy.ts";
export type { Log, LogLevel } from "./log.ts";
export type { GroupMember } from "./package-managers.ts";
export { shellQuote } from "./quote.ts";
export type { SshTarget } from "./target.ts";
export type { RemoteShell, ShellSink, StreamName, Transport } from "./transport.ts";
