import type { RefHost } from "@mtui/core/domain";
import type { Candidate, ClaimRequest } from "../arbiter/index.ts";
import type { HostConnector } from "../hosts/index.ts";
import type { WantedSlot } from "./acquire.ts";

interface Candidates {
  slots: ClaimRequest["slots"];
  /** Inventory rows by the arbiter's key. */
  rows: ReadonlyMap<string, RefHost | null>;
}

/**
 * The machines behind the names of the candidates, asked for all at once. A name that ssh_config
 * cannot make sense of costs its slot one candidate, not the request.
 * @throws MtuiError the reason, when a slot has no other candidate
 */
export async function resolveCandidates(
  wanted: readonly WantedSlot[],
  connector: Pick<HostConnector, "resolve">,
): Promise<Candidates> {
  const names = [...new Set(wanted.flatMap(({ candidates }) => candidates.map(({ name }) => name)))];
  const ends = await Promise.allSettled(names.map((name) => connector.resolve(name)));
  const targets = new Map(names.map((name, index) => [name, ends[index]]));
  const rows = new Map<string, RefHost | null>();
  const slots = wanted.map(({ slot, candidates }) => {
    const found = new Map<string, Candidate>();
    let reason: unknown;
    for (const { name, row, preferred = false } of candidates) {
      const target = targets.get(name);
      if (target?.status !== "fulfilled") {
        reason ??= target?.reason;
        continue;
      }
      const { key } = target.value;
      if (!found.has(key)) found.set(key, { key, name, preferred });
      rows.set(key, rows.get(key) ?? row);
    }
    if (found.size === 0 && reason !== undefined) throw reason;
    return { slot, candidates: [...found.values()] };
  });
  return { slots, rows };
}
