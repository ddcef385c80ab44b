import { sameSlot, updateVerdict } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Validation } from "@mtui/core/registry";
import { isNotEnded } from "../hosts/outcome.ts";
import type { Job, JobEnd } from "../jobs/index.ts";
import type { HostUpdate } from "../workflow/index.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import type { HostPlan } from "./plan-pool.ts";
import { slotView } from "./views.ts";
import type { WrittenResults } from "./write-results.ts";

interface Facts extends Pick<Validation, "rrid" | "workspace" | "waited" | "seconds" | "steps" | "warnings"> {
  plan: Pick<HostPlan, "slots" | "missing">;
  hosts: { host: WorkspaceHost; update: HostUpdate | undefined }[];
  written: WrittenResults;
}

/** The verdict of an update and everything it rests on; a slot without a host counts as one untested. */
export function validationResult({ plan, hosts, written, ...facts }: Facts): Validation {
  const tested = hosts.flatMap(({ host, update }) => (update === undefined ? [] : [{ host, update }]));
  const verdict = updateVerdict([
    ...plan.slots.map(({ slot }) => ({
      hosts: tested
        .filter(({ host }) => host.slots.some((each) => sameSlot(each, slot)))
        .map(({ update }) => update.verdict),
    })),
    ...plan.missing.map(() => ({ hosts: [] })),
  ]);
  return {
    ...facts,
    verdict,
    hosts: tested.map(({ host, update }) => ({
      host: update.host,
      system: update.system,
      slots: host.slots.map(slotView),
      state: update.state,
      verdict: update.verdict,
      packages: update.packages,
      log: written.logOf.get(update.host) ?? null,
      warnings: [...host.warnings, ...update.warnings],
      error: update.error,
    })),
    no_host: [...plan.missing],
    report: written.report,
    unreleased: [],
  };
}

/**
 * A verdict that could not be had because of a cancel or a lost host is neither success nor failure.
 * `done` takes that all hosts did their part: one that could not be asked, or where nothing was run,
 * makes the job `failed`, although the update is just INCOMPLETE.
 */
export function validationEnd(job: Job, result: Validation): JobEnd {
  const { rrid, verdict, hosts, report } = result;
  const has = (wanted: string): boolean => hosts.some((host) => host.verdict === wanted);
  const bad = hosts.filter((host) => host.state !== "ok" || host.verdict === "FAILED");
  if (bad.length === 0) {
    const cancelled = job.cancelled.aborted && verdict !== "PASSED";
    return { state: cancelled ? "cancelled" : verdict === "FAILED" ? "failed" : "done", result };
  }
  const each = bad.map(
    ({ host, verdict: how, error }) => `${host} ${how}${error === null ? "" : `: ${error.message}`}`,
  );
  const error = new MtuiError("operation.failed", `${rrid} ${verdict}: ${each.join("; ")}`, {
    hint: `The report and the hosts' logs say more: ${report}`,
  });
  const cancelled = job.cancelled.aborted && !has("FAILED");
  const lost = hosts.some((host) => host.verdict === "LOST" && !isNotEnded(host.error));
  const state = lost && !has("FAILED") ? "lost" : cancelled ? "cancelled" : "failed";
  return { state, result, error: error.toReport() };
}
