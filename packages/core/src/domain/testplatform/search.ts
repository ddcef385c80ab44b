import type { RefHost } from "../inventory/refhost.ts";
import { matchesQuery } from "./match.ts";
import type { PlatformQuery } from "./query.ts";

/** For each query in order all its hosts in file order; a host may come more than once. */
export function searchHosts(queries: readonly PlatformQuery[], hosts: readonly RefHost[]): RefHost[] {
  return queries.flatMap((query) => hosts.filter((host) => matchesQuery(host, query)));
}

/** The hosts that satisfy any query, in file order; of each name the first row that does. */
export function queryHosts(queries: readonly PlatformQuery[], hosts: readonly RefHost[]): RefHost[] {
  const seen = new Set<string>();
  return hosts.filter((host) => {
    if (seen.has(host.name) || !queries.some((query) => matchesQuery(host, query))) return false;
    seen.add(host.name);
    return true;
  });
}
