import type { ResultOf } from "@mtui/core/registry";
import type { Candidate, Ticket } from "./state.ts";
import { obstacle, type Obstacle, phrase, plain, type Tables } from "./why-not.ts";

type CandidateView = ResultOf<"list_queue">["tickets"][number]["slots"][number]["candidates"][number];

/** Why a candidate does not serve a ticket: the phrase for people, and its parts for programs. */
export function candidateView(
  tables: Tables,
  candidate: Candidate,
  context: { ticket: Ticket; now: number },
): CandidateView {
  const found = obstacle(tables, candidate, context);
  const { state } = found;
  return { host: candidate.name, state, why_not: phrase(found, context.ticket), ...facts(found) };
}

function facts(found: Obstacle): Partial<CandidateView> {
  if ("holder" in found) {
    const { workspace, claim, since, hold } = found.holder;
    return { workspace, claim, since, ...(hold.state === "releasing" ? { next_try: hold.retryAt } : {}) };
  }
  if ("health" in found) return { since: found.health.since, next_try: found.health.retryAt };
  if ("lock" in found) {
    const { user, since, retryAt } = found.lock;
    return {
      next_try: retryAt,
      ...(user === undefined ? {} : { user: plain(user) }),
      ...(since === null ? {} : { since }),
    };
  }
  return {};
}
