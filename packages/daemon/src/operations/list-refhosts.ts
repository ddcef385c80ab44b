import { filterHosts, parseTestplatform, queryHosts, type RefHost, slotText, versionText } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { ParamsOf, ResultOf } from "@mtui/core/registry";
import { describeForeignLock } from "../workspaces/foreign-lock.ts";
import type { PlainHandler, Services } from "./context.ts";

type Row = ResultOf<"list_refhosts">["hosts"][number];

/** Reads only: the inventory and, with `free`, the lock files; nothing is taken, reaped or written. */
export const listRefhosts: PlainHandler<"list_refhosts"> = async (params, { services, signal }) => {
  const inventory = await services.inventory(signal);
  const problems: string[] = [...inventory.warnings];
  const hosts = select(params, { hosts: inventory.hosts, problems });
  const rows = await Promise.all(
    hosts.map(async (host): Promise<Row> => {
      const version = host.product.version === undefined ? "" : versionText(host.product.version);
      const slot = { product: host.product.name, version, arch: host.arch, addons: [] };
      return {
        name: host.name,
        arch: host.arch,
        product: host.product.name,
        version,
        addons: host.addons.map((addon) => addon.name),
        slot: params.pool ? slotText(slot) : null,
        ...(params.free ? await lockOf(host.name, services) : {}),
      };
    }),
  );
  return { hosts: rows, warnings: problems };
};

function select(
  params: ParamsOf<"list_refhosts">,
  { hosts, problems }: { hosts: readonly RefHost[]; problems: string[] },
): RefHost[] {
  if (params.testplatform === undefined) return filterHosts([...hosts], params);
  const parsed = parseTestplatform(params.testplatform);
  problems.push(...parsed.problems);
  return queryHosts([...hosts], parsed.queries);
}

async function lockOf(name: string, services: Services): Promise<Pick<Row, "lock" | "lock_text">> {
  try {
    const { operation, pool } = await services.connector.probe(name);
    if (operation.state !== "free") return { lock: "locked", lock_text: describeForeignLock(operation) };
    if (pool.state !== "free") return { lock: "pool-locked", lock_text: describeForeignLock(pool) };
    return { lock: "free" };
  } catch (thrown) {
    return { lock: "unreachable", lock_text: toMtuiError(thrown).message };
  }
}
