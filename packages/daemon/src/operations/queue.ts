import type { ResultOf } from "@mtui/core/registry";
import type { PlainHandler, Services } from "./context.ts";
import { jobsAt } from "./at-work.ts";

type ClaimView = ResultOf<"list_queue">["claims"][number];

/** The cursor is read first: what happens while the rest is put together is told again, never missed. */
export const listQueue: PlainHandler<"list_queue"> = async (_params, { services }) => {
  const { cursor } = services.events;
  const { claims, tickets } = services.arbiter.view();
  return {
    claims: claims.map((claim) => ({ ...claim, ...doings(claim, services) })),
    tickets,
    hosts: services.arbiter.troubles(),
    cursor,
  };
};

/** What is being done with the host now, and how long its workspace may be silent. */
function doings(
  claim: { host: string; workspace: string; state: string; job: string | null },
  { jobs, workspaces }: Services,
): Pick<ClaimView, "lease_until" | "job" | "operation" | "step"> {
  const { workspace, host } = claim;
  const lease_until = workspaces.find(workspace)?.leaseUntil ?? null;
  const working = jobsAt(host, { jobs, workspace })[0] ?? acquirer(claim, jobs);
  const view = working?.view();
  return {
    lease_until,
    job: view?.id ?? null,
    operation: view?.operation ?? null,
    step: view?.step ?? null,
  };
}

/** While a host is being connected, the job that asked for it; afterwards that job may have long ended. */
function acquirer({ workspace, job }: { workspace: string; job: string | null }, jobs: Services["jobs"]) {
  return jobs.list({ workspace, active: true }).find((each) => each.id === job);
}
