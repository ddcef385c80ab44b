import { ISSUE_PREFIX, parseRepositories, type RepositoryRow, sameUrl } from "@mtui/core/domain";
import type { HostPlan } from "./host-plan.ts";
import { failed, HostStop, type HostRun, runStep, stopFailed } from "./host-run.ts";

/**
 * The host's repositories.
 * @throws HostStop when they cannot be listed
 */
export async function listRepositories(run: HostRun, { family }: HostPlan): Promise<RepositoryRow[]> {
  if (family.repositories === null) return [];
  const answer = await runStep(run, { plan: family.repositories.list(), tool: "zypper" });
  if (answer.judgement.meaning === "nothing") return [];
  const rows = answer.complete ? parseRepositories(answer.stdout) : null;
  if (rows !== null) return rows;
  throw stopFailed("list repositories: zypper's answer is no table of repositories");
}

/** Adds what is missing of the update's repositories. @returns how many were added */
export async function addRepositories(run: HostRun, plan: HostPlan): Promise<number> {
  const { repositories } = plan.family;
  if (repositories === null) return unmanaged(run);
  const present = await listRepositories(run, plan);
  let added = 0;
  for (const { alias, url } of plan.repositories) {
    const known = present.find((row) => row.alias === alias);
    if (known !== undefined && known.enabled && sameUrl(known.url, url)) continue;
    if (known !== undefined) await runStep(run, { plan: repositories.remove(alias), tool: "zypper" });
    await runStep(run, { plan: repositories.add({ alias, url, kind: plan.kind }), tool: "zypper" });
    added += 1;
  }
  return added;
}

/**
 * Removes this update's repositories, under whatever alias and by whomever they were added.
 * @returns how many there were
 */
export async function removeRepositories(run: HostRun, plan: HostPlan): Promise<number> {
  const ours = (row: RepositoryRow): boolean =>
    row.alias.endsWith(plan.suffix) || plan.repositories.some(({ url }) => sameUrl(row.url, url));
  return removeMatching(run, plan, ours);
}

/** Removes every update's repositories: a clean baseline. @returns how many there were */
export async function removeIssueRepositories(run: HostRun, plan: HostPlan): Promise<number> {
  return removeMatching(run, plan, isIssueRepository);
}

export function isIssueRepository({ alias }: RepositoryRow): boolean {
  return alias.startsWith(ISSUE_PREFIX);
}

async function removeMatching(
  run: HostRun,
  plan: HostPlan,
  matches: (row: RepositoryRow) => boolean,
): Promise<number> {
  const { repositories } = plan.family;
  if (repositories === null) return 0;
  const found = (await listRepositories(run, plan)).filter(matches);
  for (const { alias } of found) await runStep(run, { plan: repositories.remove(alias), tool: "zypper" });
  return found.length;
}

/**
 * Refreshes. One repository that does not answer is a warning: whether it was needed, the next
 * steps show.
 */
export async function refresh(run: HostRun, { family }: HostPlan): Promise<void> {
  if (family.repositories === null) return;
  const plan = family.repositories.refresh();
  const answer = await runStep(run, { plan, tool: "zypper", tolerate: true });
  if (answer.judgement.meaning !== "failed") return;
  // A locked or missing zypper would fail every following step as well, in worse words.
  if (answer.exit === 7 || answer.exit >= 126) throw failed(plan.step, answer);
  run.warnings.push(`${plan.step}: ${answer.judgement.reason ?? `exit ${answer.exit}`}`);
}

/**
 * Clean-up at the end of an operation: its failure is a warning and never hides the operation's own end.
 * @returns that failure, or null
 */
export async function removeRepositoriesQuietly(run: HostRun, plan: HostPlan): Promise<HostStop | null> {
  try {
    await removeRepositories(run, plan);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof HostStop)) throw thrown;
    run.warnings.push(
      `the update's repositories are still on the host: ${thrown.message} (mtuictl set-repo remove -t ${run.name})`,
    );
    return thrown;
  }
}

function unmanaged(run: HostRun): 0 {
  run.warnings.push("repositories of this family are not managed: the update's must be there already");
  return 0;
}
