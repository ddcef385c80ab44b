import { isObject, type Json } from "../json.ts";
import type { ReplyContext } from "../context.ts";
import { errorText } from "./error.ts";
import { eventsText, followText } from "./events.ts";
import { genericParts } from "./generic.ts";
import { getText, historyText, showLogText, timeoutText } from "./host-files.ts";
import { addHostParts, closedText, hostsText, productsText, refhostsText, releasedText } from "./hosts.ts";
import {
  hasEnded,
  jobCancelText,
  jobLine,
  jobLines,
  jobListText,
  jobText,
  jobWaitText,
  nextOf,
} from "./job.ts";
import { locksText, unlockText } from "./locks.ts";
import { outputPageText } from "./output-page.ts";
import { packagesText } from "./packages.ts";
import type { Part } from "./part.ts";
import { queueText, takeoverText } from "./queue.ts";
import {
  bugsText,
  commandsText,
  filledText,
  logsText,
  patchedText,
  reposText,
  windowText,
  writtenText,
} from "./report-files.ts";
import { validateText, validationParts } from "./validation.ts";
import type { Teller } from "./view.ts";
import { hostResultParts, isJob, putParts, runParts, updateParts } from "./work.ts";
import { exportText, reportText, templatesText, workspacesText } from "./workspaces.ts";

/** Operations whose answer is there at once, or that speak of jobs. */
const QUICK: Readonly<Record<string, Teller<never>>> = {
  load_template: reportText,
  list_metadata: reportText,
  list_workspaces: workspacesText,
  list_templates: templatesText,
  close_workspace: closedText,
  unload: closedText,
  list_hosts: hostsText,
  list_products: productsText,
  list_refhosts: refhostsText,
  remove_host: releasedText,
  list_locks: locksText,
  unlock: unlockText,
  list_queue: queueText,
  takeover: takeoverText,
  list_events: eventsText,
  list_packages: packagesText,
  export: exportText,
  validate: validateText,
  job_list: jobListText,
  job_status: jobText,
  job_wait: jobWaitText,
  job_cancel: jobCancelText,
  job_follow: followText,
  testreport_read: windowText,
  show_diff: windowText,
  testreport_logs: logsText,
  testreport_patch: patchedText,
  testreport_write: writtenText,
  testreport_fill: filledText,
  list_bugs: bugsText,
  show_update_repos: reposText,
  list_update_commands: commandsText,
  get: getText,
  show_log: showLogText,
  list_history: historyText,
  set_timeout: timeoutText,
  list_timeout: timeoutText,
};

/** What a job of an operation brings. */
const WORK: Readonly<Record<string, (result: never) => Part[]>> = {
  add_host: addHostParts,
  run: runParts,
  prepare: hostResultParts,
  update: updateParts,
  downgrade: hostResultParts,
  install: hostResultParts,
  uninstall: hostResultParts,
  set_repo: hostResultParts,
  reboot: hostResultParts,
  put: putParts,
  lock: (result: never) => locksText(result, NO_CONTEXT),
  validate: validationParts,
};

const NO_CONTEXT: ReplyContext = { operation: "", params: {}, budget: 0 };

/** What a result says. Never empty; a result of another shape than expected is told as it is. */
export function tell(result: Json, context: ReplyContext): Part[] {
  try {
    const parts = told(result, context);
    return parts.length === 0 ? genericParts(result) : parts;
  } catch {
    // A daemon of another version may answer in another shape: better plain than not at all.
    return genericParts(result);
  }
}

function told(result: Json, context: ReplyContext): Part[] {
  const { operation } = context;
  if (operation === "job_result" && result.output !== undefined)
    return outputPageText(result as never, context);
  const teller = Object.hasOwn(QUICK, operation) ? QUICK[operation] : undefined;
  if (teller !== undefined) return teller(result as never, context);
  return isJob(result.job) ? jobReplyParts(result) : genericParts(result);
}

/** A slow operation, or the result of its job. */
function jobReplyParts({ job, result, error }: Json): Part[] {
  if (!isJob(job)) return [];
  if (!isObject(result)) return [...jobLines(job), ...nextOf([job], hasEnded(job))];
  const parts: Part[] = [jobLine(job)];
  const reason = isObject(error) ? error : job.error;
  if (reason !== null) parts.push(errorText(reason as never));
  const work = Object.hasOwn(WORK, job.operation) ? WORK[job.operation] : undefined;
  return [...parts, ...(work === undefined ? genericParts(result) : work(result as never))];
}

/** For a test: which operations have words of their own. */
export const TOLD: ReadonlySet<string> = new Set([...Object.keys(QUICK), ...Object.keys(WORK), "job_result"]);
