/** The driver: runs the plans of the domain on claimed hosts, through the host session port alone. */
export { type Baseline, checkClean, cleanBaseline } from "./baseline.ts";
export type { PackageResult } from "./compare-packages.ts";
export {
  type CommandEntry,
  type HostProgress,
  type WorkflowContext,
  type WorkflowHost,
  workflowHost,
} from "./context.ts";
export { downgrade } from "./downgrade.ts";
export { lockByHand } from "./lock-by-hand.ts";
export { install, uninstall } from "./packages.ts";
export { type PrepareSettings, prepare } from "./prepare.ts";
export { reboot } from "./reboot.ts";
export { runCommand } from "./run-command.ts";
export { setRepo } from "./set-repo.ts";
export { type HostUpdate, type UpdateSettings, update } from "./update.ts";
export { type HostVersions, queryVersions } from "./versions.ts";
export { type WriteReport, type WrittenReport, writeReport } from "./write-report/write-report.ts";
