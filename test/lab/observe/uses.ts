import type { LabHost } from "../host/lab-host.ts";
import type { Observation } from "./events.ts";

/** That an update had a host for a time, by one kind of evidence. */
export interface Use {
  host: string;
  /** `<incident>:<review>`, the part of an RRID that repositories carry as well. */
  update: string;
  evidence: "pool lock" | "operation lock" | "repository";
  /** Seconds since the epoch; `to` is null while it lasts. */
  from: number;
  to: number | null;
  /** First line of the lock file; path of the repository file. */
  content: string;
}

/** What a host's own records say about who used it when. */
export function usesOf(host: Pick<LabHost, "name" | "observed">): Use[] {
  return usesFrom(host.name, host.observed());
}

export function usesFrom(host: string, events: readonly Observation[]): Use[] {
  const uses: Use[] = [];
  const open = new Map<string, Use>();
  const close = (path: string, at: number) => {
    const use = open.get(path);
    if (use !== undefined) use.to = at;
    open.delete(path);
  };
  for (const { at, event, path, content } of events) {
    const evidence = evidenceOf(path);
    if (event === "BOOT") {
      // A reboot empties /run without a notice; repositories stay.
      for (const [held, use] of open) if (use.evidence !== "repository") close(held, at);
    }
    if (evidence === null) continue;
    if (event === "DELETE" || event === "MOVED_FROM") {
      close(path, at);
      continue;
    }
    const text = evidence === "repository" ? path : content;
    const update = text === null ? undefined : updateIn(text);
    // An empty or unreadable moment is not the end of a use: the file is being rewritten.
    if (text === null || update === undefined || open.get(path)?.update === update) continue;
    close(path, at);
    const use: Use = { host, update, evidence, from: at, to: null, content: text };
    open.set(path, use);
    uses.push(use);
  }
  return uses;
}

/** Pairs of uses of one host by different updates at one time; there must be none. */
export function doubleUses(uses: readonly Use[]): [Use, Use][] {
  return uses.flatMap((a, i) =>
    uses
      .slice(i + 1)
      .filter((b) => a.host === b.host && a.update !== b.update && overlap(a, b) > 0)
      .map((b): [Use, Use] => [a, b]),
  );
}

/** For how many seconds two updates (RRIDs) were each on some host at the same time. */
export function parallelSeconds(uses: readonly Use[], rrids: readonly [string, string]): number {
  const [a, b] = rrids.map((rrid) => span(uses.filter((use) => use.update === updateIn(rrid))));
  return a === undefined || b === undefined ? 0 : Math.max(0, overlap(a, b));
}

function span(uses: readonly Use[]): Pick<Use, "from" | "to"> | undefined {
  if (uses.length === 0) return undefined;
  const ends = uses.map((use) => use.to ?? Number.POSITIVE_INFINITY);
  return { from: Math.min(...uses.map((use) => use.from)), to: Math.max(...ends) };
}

function overlap(a: Pick<Use, "from" | "to">, b: Pick<Use, "from" | "to">): number {
  const end = Math.min(a.to ?? Number.POSITIVE_INFINITY, b.to ?? Number.POSITIVE_INFINITY);
  return end - Math.max(a.from, b.from);
}

function evidenceOf(path: string): Use["evidence"] | null {
  if (path === "/run/lock/mtui-pool.lock") return "pool lock";
  if (path === "/run/lock/mtui.lock") return "operation lock";
  return path.startsWith("/etc/zypp/repos.d/issue-") ? "repository" : null;
}

/** Of an RRID in a lock's comment, or of the `:p=M:R` of a repository. */
function updateIn(text: string): string | undefined {
  const found = /SUSE:(?:Maintenance|SLFO|PI):([^\s:]+:\d+)/.exec(text) ?? /:p=([^\s:]+:\d+)/.exec(text);
  return found?.[1];
}
