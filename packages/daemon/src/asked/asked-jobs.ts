import { z } from "zod";
import type { Job } from "../jobs/index.ts";
import type { Clock } from "@mtui/core/clock";
import { type AskedCall, assertSame, REMEMBER_MS } from "./asked-call.ts";

const askedShape = z.object({ id: z.string(), params: z.string() });

/**
 * A job's key is part of its own first record, so that there is no moment at which the one is written down
 * and the other is not.
 */
export function askedNote(asked: AskedCall | undefined): { asked?: { id: string; params: string } } {
  return asked === undefined ? {} : { asked: { id: asked.id, params: asked.params } };
}

/**
 * The jobs that this request has started already, oldest first; none without a key. Of several, one that ended long
 * ago is not started anew while the others may be asked for.
 * @throws MtuiError params.invalid: the key was another request's
 */
export function jobsAskedFor(
  asked: AskedCall | undefined,
  { jobs, clock }: { jobs: { list(): Job[] }; clock: Clock },
): Job[] {
  if (asked === undefined) return [];
  const same = jobs.list().filter((job) => keyOf(job)?.id === asked.id);
  const remembered = same.filter((job) => {
    const former = rememberedKey(job, clock.now());
    if (former !== null) assertSame(asked, former);
    return former !== null;
  });
  // Whatever was remembered when one of these was started is of the same request; what was forgotten is of another.
  const began = Math.min(...remembered.map((job) => job.createdAt));
  return same
    .filter((job) => remembered.includes(job) || began <= (job.finishedAt ?? 0) + REMEMBER_MS)
    .toReversed();
}

/** The key under which a job was asked for, as long as it may be asked for again. */
export function rememberedKey(
  job: Pick<Job, "request" | "final" | "finishedAt">,
  now: number,
): { id: string; params: string } | null {
  return job.final && now - (job.finishedAt ?? 0) > REMEMBER_MS ? null : keyOf(job);
}

function keyOf({ request }: Pick<Job, "request">): { id: string; params: string } | null {
  const note = request.recipe?.notes["asked"];
  return note === undefined ? null : (askedShape.safeParse(note).data ?? null);
}
