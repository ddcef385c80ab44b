import { filterHosts, parseTestplatform, poolText, versionText } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { ResultOf } from "@mtui/core/registry";
import { describeForeignLock } from "../workspaces/foreign-lock.ts";
import type { PlainHandler, Services } from "./context.ts";

type Row = ResultOf<"list_refhosts">["hosts"][number];

/** Reads only: the inventory and, with `free`, the lock files; nothing is taken, reaped or written. */
export const listRefhosts: PlainHandler<"list_refhosts"> = async (params, { services, signal }) => {
  const inventory = await services.inventory(signal);
  const problems = params.testplatform === undefined ? [] : parseTestplatform(params.testplatform).problems;
  const rows = await Promise.all(
    filterHosts(inventory.hosts, params).map(async (host): Promise<Row> => {
      return {
        name: host.name,
        arch: host.arch,
        product: host.product.name,
        version: versionText(host.product.version),
        addons: host.addons.map((addon) => addon.name),
        slot: params.pool ? poolText(host) : null,
        ...(params.free ? await lockOf(host.name, services) : {}),
      };
    }),
  );
  return { hosts: rows, warnings: [...inventory.warnings, ...problems] };
};

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
