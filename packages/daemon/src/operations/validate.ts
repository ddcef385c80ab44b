import { randomUUID } from "node:crypto";
import { parseRrid, type Rrid } from "@mtui/core/domain";
import type { ParamsOf, Validation } from "@mtui/core/registry";
import { z } from "zod";
import { askedNote, jobsAskedFor } from "../asked/index.ts";
import type { Job, JobEnd } from "../jobs/index.ts";
import { nameOfUpdate } from "../workspaces/names.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import { activeJobs, busyWorkspace } from "./busy.ts";
import type { Call, PlainHandler, Services } from "./context.ts";
import { Gate } from "./gate.ts";
import { assertConsistent } from "./host-choice.ts";
import { type FormerJob, foreground, inLane, stepsOf } from "./start-job.ts";
import { startedInPart } from "./started-in-part.ts";
import { type ValidationOrder, validateOne } from "./validate-one.ts";

/**
 * One job for each update, each in a workspace of its own. They share nothing but the pool: one that
 * fails or waits holds up no other. `parallel` lets so many work at once; the rest are `queued`.
 */
export const validate: PlainHandler<"validate"> = async (params, call) => {
  // All names are checked before anything starts: a typo in the third changes nothing.
  const rrids = [
    ...new Map(params.rrids.map((text) => parseRrid(text)).map((rrid) => [rrid.text, rrid])).values(),
  ];
  await assertConsistent(params, call.services.connector);
  // Asked for again: what was started then is what is answered now.
  const started = new Map(jobsAskedFor(call.asked, call.services).map((job) => [job.request.rrid, job]));
  const fresh = rrids.filter(({ text }) => !started.has(text));
  for (const rrid of fresh) assertIdle(rrid, call);
  call.services.jobs.assertRoom(fresh.map((rrid) => nameOfUpdate(rrid, call.client)));
  const gate = new Gate(params.parallel ?? rrids.length);
  const group = randomUUID();
  for (const rrid of fresh) {
    try {
      started.set(rrid.text, startOne(rrid, { call, gate, group, params }));
    } catch (thrown) {
      if (started.size === 0) throw thrown;
      const rest = rrids.map(({ text }) => text).filter((text) => !started.has(text));
      throw startedInPart(thrown, { jobs: [...started.values()], rest });
    }
  }
  const jobs = rrids.flatMap(({ text }) => started.get(text) ?? []);
  if (params.background) return { jobs: jobs.map((job) => job.view()), results: null };
  // All are waited for, whatever becomes of one: the reply has a result or an error for each.
  await Promise.allSettled(jobs.map((job) => foreground(job, call.signal)));
  return {
    jobs: jobs.map((job) => job.view()),
    results: jobs.map((job) => (job.end?.result as Validation | null | undefined) ?? null),
  };
};

/** Those that were asked for together still pass the same gate in the daemon's next life. */
const notesShape = z.object({ group: z.string(), fresh: z.boolean(), kept: z.array(z.string()) });

function startOne(
  rrid: Rrid,
  options: { call: Call; gate: Gate; group: string; params: ParamsOf<"validate"> },
): Job {
  const { call, gate, group, params } = options;
  const { services, client } = call;
  const name = nameOfUpdate(rrid, client);
  const fresh = services.workspaces.find(name) === undefined;
  const kept = [...(services.workspaces.find(name)?.hosts.keys() ?? [])];
  const recipe = {
    params: { ...params, rrids: [rrid.text] },
    client,
    notes: { group, fresh, kept, ...askedNote(call.asked) },
  };
  const request = {
    operation: "validate",
    command: `validate ${rrid.text}`,
    workspace: name,
    rrid: rrid.text,
    recipe,
  };
  const workspace = services.workspaces.open(name, client);
  const work = workOf({ rrid, fresh, kept, wishes: params }, { call, gate, workspace });
  try {
    return services.jobs.start(request, work);
  } catch (thrown) {
    if (fresh && isBare(workspace)) services.workspaces.forget(workspace);
    throw thrown;
  }
}

/** Jobs of the daemon's former life that had not begun, with a gate for each group. */
export function resumeValidations(
  services: Services,
): (again: FormerJob, params: ParamsOf<"validate">) => Job {
  const gates = new Map<string, Gate>();
  return ({ id, former, worked }, params) => {
    const { client } = former.recipe ?? {};
    const notes = notesShape.parse(former.recipe?.notes);
    const [text] = params.rrids;
    if (client === undefined || text === undefined) throw new Error(`job ${id} has no recipe`);
    const gate = gates.get(notes.group) ?? new Gate(params.parallel ?? Infinity);
    gates.set(notes.group, gate);
    const workspace = services.workspaces.open(former.workspace, client);
    const order = { rrid: parseRrid(text), fresh: notes.fresh, kept: notes.kept, wishes: params };
    const work = workOf(order, { call: { services, client }, gate, workspace });
    return services.jobs.restart(id, { former, worked, work });
  };
}

function workOf(
  order: ValidationOrder,
  options: { call: Pick<Call, "services" | "client">; gate: Gate; workspace: Workspace },
): (job: Job) => Promise<JobEnd> {
  const { call, gate, workspace } = options;
  const { services, client } = call;
  return (job) => {
    const steps = stepsOf(job, services);
    return gate
      .run(
        () =>
          inLane(job, {
            workspace,
            work: () => validateOne({ services, client, job, workspace, steps }, order),
          }),
        { signal: job.signal },
      )
      .finally(() => {
        // Cancelled before its turn, or there was nothing to keep: no empty desk stays behind.
        if (order.fresh && isBare(workspace)) services.workspaces.forget(workspace);
      });
  };
}

function isBare({ hosts, template, lane }: Workspace): boolean {
  return hosts.size === 0 && template === null && lane.pending === 0;
}

function assertIdle(rrid: Rrid, { services, client }: Call): void {
  const name = nameOfUpdate(rrid, client);
  services.workspaces.find(name)?.assertOpen();
  const jobs = activeJobs(name, services);
  if (jobs.length > 0) throw busyWorkspace(name, { jobs, next: `then mtuictl validate ${rrid.text}` });
}
