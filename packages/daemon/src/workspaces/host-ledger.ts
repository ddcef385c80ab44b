import type { WorkspaceHost } from "./workspace-host.ts";

/** Where it is written down what a workspace holds on a host: its locks there, above all. Does not throw. */
export interface HostLedger {
  save(host: WorkspaceHost): void;
}
