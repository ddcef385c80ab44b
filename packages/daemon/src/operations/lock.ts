import * as flow from "../workflow/index.ts";
import { reconnect } from "../workspaces/reconnect.ts";
import type { JobHandler } from "./context.ts";
import { lockViews } from "./locks.ts";
import { workflowContext } from "./workflow-context.ts";

/** All of the selected hosts or none; a job, because it may have to wait for other people's locks. */
export const lock: JobHandler<"lock"> = async (params, call) => {
  const { services, job, workspace } = call;
  const chosen = workspace.select(params.hosts);
  await reconnect(chosen, {
    connector: services.connector,
    signal: job.signal,
    workspace: workspace.name,
    rrid: workspace.rridText,
  });
  const hosts = chosen
    .filter((host) => host.byHand === undefined)
    .map(({ session }) => flow.workflowHost(session, null));
  job.step("lock");
  const taken = await flow.lockByHand(workflowContext(call, params), {
    hosts,
    note: params.comment.join(" "),
  });
  for (const { host, lock: held } of taken) {
    const locked = workspace.hosts.get(host);
    if (locked !== undefined) {
      locked.byHand = held;
      services.ledger.save(locked);
    }
    job.host(host, { state: "ok", step: "lock" });
  }
  return { state: "done", result: { locks: await lockViews(chosen, ["operation"]) } };
};
