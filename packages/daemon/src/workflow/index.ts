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
export { updateCommands } from "./update-commands.ts";
export { type Fetched, getFile } from "./transfer/get-file.ts";
export { putFile } from "./transfer/put-file.ts";
export { type RemotePath, remotePath } from "./transfer/remote-path.ts";
export { readHistory } from "./transfer/read-history.ts";
export { changeLog } from "./report-files/change-log.ts";
export { patchLines } from "./report-files/lines.ts";
export { listLogs } from "./report-files/list-logs.ts";
export { readBelow } from "./report-files/read-below.ts";
export { textWindow } from "./report-files/text-window.ts";
