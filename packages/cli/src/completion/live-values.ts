import type { DaemonClient } from "@mtui/core/client";
import type { ResultOf } from "@mtui/core/registry";

export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

export interface LiveQuestion {
  readonly operation: string;
  readonly parameter: string;
  /** The workspace named on the command line. */
  readonly workspace: string | undefined;
  readonly dial: () => Promise<DaemonClient>;
}

/** A person waits for the tab key. */
const TIMEOUT_MS = 1500;
const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled", "lost"]);

/** Names that only the daemon knows; none when it does not run or does not answer in time. */
export async function liveValues(question: LiveQuestion): Promise<Candidate[]> {
  try {
    switch (question.parameter) {
      case "workspace":
        return await workspaces(question);
      case "rrid":
        return await loaded(question);
      case "job_id":
      case "job_ids":
        return await jobs(question);
      case "hosts":
        return question.operation === "list_events" ? await claimed(question, "host") : await hosts(question);
      case "host":
        return await claimed(question, "host");
      case "claim":
        return await claimed(question, "claim");
      case "target":
      case "prefer":
      case "exclude":
        return await refhosts(question);
      default:
        return [];
    }
  } catch {
    // A completion that fails says nothing: an error text would land in the person's command line.
    return [];
  }
}

async function ask(
  question: LiveQuestion,
  { method, params = {} }: { method: string; params?: Record<string, unknown> },
): Promise<unknown> {
  await using client = await question.dial();
  return await client.call(method, params, { timeoutMs: TIMEOUT_MS });
}

async function loaded(question: LiveQuestion): Promise<Candidate[]> {
  const result = (await ask(question, { method: "list_templates" })) as ResultOf<"list_templates">;
  return result.templates.map(({ rrid, workspace }) => ({ word: rrid, about: workspace }));
}

async function workspaces(question: LiveQuestion): Promise<Candidate[]> {
  const result = (await ask(question, { method: "list_workspaces" })) as ResultOf<"list_workspaces">;
  return result.workspaces.map(({ workspace, rrid }) =>
    rrid === null ? { word: workspace } : { word: workspace, about: rrid },
  );
}

async function jobs(question: LiveQuestion): Promise<Candidate[]> {
  const active = question.operation === "job_cancel";
  const result = (await ask(question, { method: "job_list", params: { active } })) as ResultOf<"job_list">;
  return result.jobs
    .filter((job) => question.operation !== "job_result" || ENDED.has(job.state))
    .map(({ id, command }) => ({ word: id, about: command }));
}

async function hosts(question: LiveQuestion): Promise<Candidate[]> {
  const params = question.workspace === undefined ? {} : { workspace: question.workspace };
  const result = (await ask(question, { method: "list_hosts", params })) as ResultOf<"list_hosts">;
  return result.hosts.map(({ host, system }) => ({ word: host, about: system }));
}

/** What others hold: by host or by claim, with its owner. */
async function claimed(question: LiveQuestion, by: "host" | "claim"): Promise<Candidate[]> {
  const { claims } = (await ask(question, { method: "list_queue" })) as ResultOf<"list_queue">;
  return claims.map(({ id, host, workspace, rrid }) => {
    const owner = rrid === null ? workspace : `${workspace} ${rrid}`;
    return by === "host" ? { word: host, about: `${id} ${owner}` } : { word: id, about: `${host} ${owner}` };
  });
}

async function refhosts(question: LiveQuestion): Promise<Candidate[]> {
  const result = (await ask(question, { method: "list_refhosts" })) as ResultOf<"list_refhosts">;
  return result.hosts.map(({ name, product, version, arch }) => ({
    word: name,
    about: `${product} ${version} ${arch}`,
  }));
}
