import type { ResultOf } from "@mtui/core/registry";
import type { PlainHandler, Services } from "./context.ts";
import { jobsAt } from "./at-work.ts";
import { ownView } from "./own-view.ts";

type ClaimView = ResultOf<"list_queue">["claims"][number];

/** The cursor is read first: what happens while the rest is put together is told again, never missed. */
export const listQueue: PlainHandler<"list_queue"> = async (params, { services, client }) => {
  const { cursor } = services.events;
  const whole = { ...services.arbiter.view(), hosts: services.arbiter.troubles() };
  const own = ownView(params, client);
  const shown = own === null ? whole : ownPart(whole, own);
  const left_out = {
    claims: whole.claims.length - shown.claims.length,
    tickets: whole.tickets.length - shown.tickets.length,
    hosts: whole.hosts.length - shown.hosts.length,
  };
  const isWhole = Object.values(left_out).every((count) => count === 0);
  return {
    claims: shown.claims.map((claim) => ({ ...claim, ...doings(claim, services) })),
    tickets: shown.tickets,
    hosts: shown.hosts,
    ...(isWhole ? {} : { left_out }),
    cursor,
  };
};

type Whole = Pick<ResultOf<"list_queue">, "tickets" | "hosts"> &
  Pick<ReturnType<Services["arbiter"]["view"]>, "claims">;

/** Its tickets name whoever is in their way; hosts in trouble are those that it has or waits for. */
function ownPart({ claims, tickets, hosts }: Whole, own: (workspace: string) => boolean): Whole {
  const its = {
    claims: claims.filter(({ workspace }) => own(workspace)),
    tickets: tickets.filter(({ workspace }) => own(workspace)),
  };
  const wanted = its.tickets.flatMap(({ slots }) => slots.flatMap(({ candidates }) => candidates));
  const names = new Set([...its.claims, ...wanted].map(({ host }) => host));
  return { ...its, hosts: hosts.filter(({ host }) => names.has(host)) };
}

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
