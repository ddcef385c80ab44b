import type { OperationEntry } from "@mtui/core/protocol";
import { oneLine } from "@mtui/core/text";

type Params = Readonly<Record<string, unknown>>;

/** Names and reasons come from the agent: more of them no person reads. */
const LENGTH = 200;
const NAMED = 20;

/**
 * What a person should be asked before a call is made; null for one that nobody needs to be asked about.
 * @param namespace of this server; null before the daemon has said it: then every workspace of some namespace
 * counts as foreign
 * @param touched workspaces that it acts on without naming them
 */
export function questionOf(
  entry: OperationEntry,
  {
    params,
    namespace,
    touched = [],
  }: { params: Params; namespace: string | null; touched?: readonly string[] },
): string | null {
  const what = DESTRUCTIVE[entry.name]?.(params) ?? null;
  const { workspace } = params;
  const place = typeof workspace === "string" ? ` in workspace ${shown(workspace)}` : "";
  if (entry.effect !== "read" && typeof workspace === "string" && isForeign(workspace, namespace))
    return `${what ?? entry.name}${place}, which is not this agent's own?`;
  const foreign = touched.find((name) => isForeign(name, namespace));
  if (foreign !== undefined)
    return `${entry.name} of work in workspace ${shown(foreign)}, which is not this agent's own?`;
  return what === null ? null : `${what}${place}?`;
}

/** What cannot be taken back and may hit somebody else's work. */
const DESTRUCTIVE: Readonly<Record<string, (params: Params) => string | null>> = {
  takeover: ({ host, claim, reason, force }) =>
    `Take host ${shown(host)} (${shown(claim)}) away from the workspace that holds it${force === true ? ", cancelling the job at work there" : ""}, because ${shown(reason)},`,
  unlock: ({ force, hosts, pool }) =>
    force === true
      ? `Remove ${pool === true ? "the pool lock" : "the operation lock"}, whoever it belongs to, from ${hostsIn(hosts)}`
      : null,
  close_workspace: ({ force }) => (force === true ? "Cancel all active jobs and release all hosts" : null),
  reboot: ({ hosts }) => `Reboot ${hostsIn(hosts)}`,
};

function isForeign(workspace: string, namespace: string | null): boolean {
  return workspace.includes("/") && !(namespace !== null && workspace.startsWith(`${namespace}/`));
}

function hostsIn(hosts: unknown): string {
  if (!Array.isArray(hosts) || hosts.length === 0) return "all hosts";
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more hosts` : "";
  return `${hosts.slice(0, NAMED).map(shown).join(", ")}${more}`;
}

function shown(value: unknown): string {
  const text = oneLine(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  return JSON.stringify(text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text);
}
