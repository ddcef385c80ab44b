import type { LabHost } from "../host/lab-host.ts";
import { usesOf } from "./uses.ts";

/** That an update had a host to itself, by the host's own record of its pool lock. */
export interface Holding {
  host: string;
  /** RRID in the lock's comment. */
  holder: string;
  /** Seconds since the epoch; `to` is null while it lasts. */
  from: number;
  to: number | null;
}

/** Who held which host when, in order of time. */
export function poolHoldings(hosts: readonly Pick<LabHost, "name" | "observed">[]): Holding[] {
  return hosts
    .flatMap(usesOf)
    .filter((use) => use.evidence === "pool lock")
    .map(({ host, content, from, to }) => ({
      host,
      holder: /SUSE:\w+:[^\s:]+:\d+/.exec(content)?.[0] ?? content,
      from,
      to,
    }))
    .sort((a, b) => a.from - b.from);
}
