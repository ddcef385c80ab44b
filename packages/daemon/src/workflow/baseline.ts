import { familyOf, parseRepositories, type RepositoryRow, zypperRepositories } from "@mtui/core/domain";
import { type ErrorReport, MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { HostResult } from "@mtui/core/registry";
import type { LockReading } from "../hosts/session.ts";
import type { WorkflowContext, WorkflowHost } from "./context.ts";
import { fanOut } from "../fan-out.ts";
import { HostStop, hostRun, runStep, stopFailed } from "./host-run.ts";
import { operate } from "./operate.ts";
import { isIssueRepository } from "./repositories.ts";

/**
 * `clean`: as released. `leftovers`: repositories of updates that nobody is working with. `dirty`:
 * such repositories under somebody else's operation lock, thus in use. `unknown`: could not be asked.
 */
export interface Baseline {
  readonly host: string;
  readonly state: "clean" | "leftovers" | "dirty" | "unknown";
  readonly repositories: readonly { alias: string; url: string }[];
  readonly error: HostResult["error"];
}

/** Looks for left-over `issue-*` repositories; reads only. */
export async function checkClean(
  context: WorkflowContext,
  { hosts }: { hosts: readonly WorkflowHost[] },
): Promise<Baseline[]> {
  return fanOut(hosts, {
    limit: context.fanout ?? 64,
    work: async (host) => {
      try {
        const repositories = await leftovers(context, host);
        if (repositories.length === 0) return baseline(host, { state: "clean" });
        const lock = await host.session.readLock("operation");
        const explained = lock.state !== "free" && lock.state !== "ours";
        if (!explained) return baseline(host, { state: "leftovers", repositories });
        return baseline(host, { state: "dirty", repositories, error: dirty(host, { repositories, lock }) });
      } catch (thrown) {
        const error = thrown instanceof HostStop ? thrown.error : toMtuiError(thrown).toReport();
        return baseline(host, { state: "unknown", error });
      }
    },
  });
}

/**
 * Makes hosts clean, each by itself: left-overs are removed under the operation lock; a host whose
 * lock somebody else has is `dirty`, error kind `host.dirty`, and is to be given back for another one.
 */
export async function cleanBaseline(
  context: WorkflowContext,
  { hosts }: { hosts: readonly WorkflowHost[] },
): Promise<Baseline[]> {
  const seen = await checkClean(context, { hosts });
  return Promise.all(
    seen.map(async (found, index) => {
      const host = hosts[index];
      return found.state === "leftovers" && host !== undefined
        ? removeLeftovers(context, { host, found })
        : found;
    }),
  );
}

async function removeLeftovers(
  context: WorkflowContext,
  { host, found }: { host: WorkflowHost; found: Baseline },
): Promise<Baseline> {
  try {
    const [done] = await operate(context, {
      name: "clean",
      hosts: [host],
      plan: () => found.repositories.map(({ alias }) => zypperRepositories.remove(alias)),
      work: async (run, steps) => {
        for (const plan of steps) await runStep(run, { plan, tool: "zypper" });
      },
    });
    const { state, error } = done?.result ?? { state: "notRun" as const, error: null };
    if (state === "ok") return { ...found, state: "clean" };
    return { ...found, state: state === "failed" ? "leftovers" : "unknown", error };
  } catch (thrown) {
    return { ...found, state: "dirty", error: toMtuiError(thrown).toReport() };
  }
}

async function leftovers(context: WorkflowContext, host: WorkflowHost): Promise<RepositoryRow[]> {
  if (familyOf(host.session.facts).repositories === null) return [];
  const run = hostRun(context, host);
  const answer = await runStep(run, { plan: zypperRepositories.list(), tool: "zypper" });
  if (answer.judgement.meaning === "nothing") return [];
  const rows = answer.complete ? parseRepositories(answer.stdout) : null;
  if (rows === null) throw stopFailed("list repositories: zypper's answer is no table of repositories");
  return rows.filter(isIssueRepository);
}

function baseline(host: WorkflowHost, found: Partial<Baseline> & Pick<Baseline, "state">): Baseline {
  return { host: host.session.name, repositories: [], error: null, ...found };
}

function dirty(
  host: WorkflowHost,
  { repositories, lock }: { repositories: readonly RepositoryRow[]; lock: LockReading },
): ErrorReport {
  const { name } = host.session;
  const aliases = repositories.map(({ alias }) => alias);
  return new MtuiError(
    "host.dirty",
    `${name} has repositories of another update, which is in progress there.`,
    {
      hint: `Take another host, or look who works on it: mtuictl list-locks -t ${name}`,
      retryable: true,
      data: { host: name, repositories: aliases, lock: lock.state },
    },
  ).toReport();
}
