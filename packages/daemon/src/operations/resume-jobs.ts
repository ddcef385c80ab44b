import { operationsByName, type ParamsOf } from "@mtui/core/registry";
import type { Job } from "../jobs/index.ts";
import type { Call, JobHandler, Services } from "./context.ts";
import { isSlow, SLOW, type SlowName } from "./index.ts";
import { type FormerJob, type SlowParams, startJob } from "./start-job.ts";
import { resumeValidations } from "./validate.ts";

/**
 * Begins jobs of the daemon's former life again, under their old ids.
 * @throws Error when this version cannot make anything of what is written down
 */
export function resumeJobs(services: Services): (again: FormerJob) => Job {
  const validation = resumeValidations(services);
  return (again) => {
    const { operation, recipe } = again.former;
    const params = operationsByName.get(operation)?.params.parse(recipe?.params);
    if (recipe === null || params === undefined) throw new Error(`there is no recipe for ${operation}`);
    if (operation === "validate") return validation(again, params as ParamsOf<"validate">);
    if (!isSlow(operation)) throw new Error(`${operation} is not a job`);
    return resumeSlow(operation, { params, again, call: { services, client: recipe.client } });
  };
}

function resumeSlow<N extends SlowName>(
  name: N,
  { params, again, call }: { params: unknown; again: FormerJob; call: Pick<Call, "services" | "client"> },
): Job {
  const handler: JobHandler<N> = SLOW[name];
  return startJob(name, {
    params: params as ParamsOf<N>,
    common: params as SlowParams,
    call,
    handler,
    again,
  });
}
