import type { Stopped } from "@mtui/core/client";
import { oneLine } from "../terminal/sanitise.ts";

const KILLED =
  "Killed, it could not release its locks on hosts: the next mtuid takes them up (mtuictl queue).";

/** What a stopped daemon leaves: hosts that it gave back, what goes on or begins again, what went wrong. */
export function leftLines(stopped: Omit<Stopped, "state" | "pid">): string[] {
  const { by, waitingJobs, workingJobs, releasedHosts, stuckJobs, unreleased } = stopped;
  const lines = by === "SIGKILL" ? [KILLED] : [];
  if (waitingJobs.length > 0)
    lines.push(`Jobs that begin again when mtuid starts: ${waitingJobs.map(oneLine).join(", ")}`);
  if (releasedHosts.length > 0) {
    const hosts = releasedHosts.toSorted().map(oneLine).join(", ");
    lines.push(`Given back, since nothing was at work there: ${hosts} (mtuictl add-host takes hosts again)`);
  }
  for (const { job, hosts } of workingJobs) {
    const where = hosts.length === 0 ? "" : ` on ${oneLine(hosts.join(", "))}`;
    lines.push(`${oneLine(job)} goes on${where}. Come back: mtuictl job follow ${oneLine(job)}`);
  }
  for (const job of stuckJobs)
    lines.push(`${oneLine(job)} did not end: its commands may still run on its hosts.`);
  for (const { host, reason, hint } of unreleased)
    lines.push(oneLine(`${host} was not released: ${reason}`), `      ${oneLine(hint)}`);
  return lines;
}
