import type { HostHistory } from "./workspace.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

/** Where it is written down what a workspace holds on a host: its locks there, above all. Does not throw. */
export interface HostLedger {
  save(host: WorkspaceHost): void;
  /** What was run there for the report; of very long ones the latest. */
  saveHistory(host: WorkspaceHost, history: HostHistory): void;
}
