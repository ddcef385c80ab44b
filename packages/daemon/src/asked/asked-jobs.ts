import { z } from "zod";
import type { Job } from "../jobs/index.ts";
import type { Clock } from "../clock.ts";
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
 * The jobs that this request has started already, oldest first; none without a key.
 * @throws MtuiError params.invalid: the key was another request's
 */
export function jobsAskedFor(
  asked: AskedCall | undefined,
  { jobs, clock }: { jobs: { list(): Job[] }; clock: Clock },
): Job[] {
  if (asked === undefined) return [];
  return jobs
    .list()
    .filter((job) => {
      const former = rememberedKey(job, clock.now());
      if (former?.id !== asked.id) return false;
      assertSame(asked, former);
      return true;
    })
    .toReversed();
}

/** The key under which a job was asked for, as long as it may be asked for again. */
export function rememberedKey(
  { request, final, finishedAt }: Pick<Job, "request" | "final" | "finishedAt">,
  now: number,
): { id: string; params: string } | null {
  const note = request.recipe?.notes["asked"];
  if (note === undefined || (final && now - (finishedAt ?? 0) > REMEMBER_MS)) return null;
  return askedShape.safeParse(note).data ?? null;
}
