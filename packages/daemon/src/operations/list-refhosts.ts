import { filterHosts, parseTestplatform, poolText, versionText } from "@mtui/core/domain";
import { toMtuiError } from "@mtui/core/protocol";
import type { ResultOf } from "@mtui/core/registry";
import type { Claim } from "../arbiter/index.ts";
import type { PlainHandler, Services } from "./context.ts";
import { lockViewOf } from "./locks.ts";

type Row = ResultOf<"list_refhosts">["hosts"][number];

/**
 * Reads only: the inventory and, with `free`, the lock files, stale ones too; nothing is taken, reaped or
 * written.
 */
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
        ...(params.free ? await lookAt(host.name, { services, signal }) : {}),
      };
    }),
  );
  return { hosts: rows, warnings: [...inventory.warnings, ...problems] };
};

type Look = Pick<Row, "lock" | "lock_text" | "held" | "locks">;

/** A host of our own is known, and not asked; another one is, with a limit in number and time. */
async function lookAt(
  name: string,
  { services, signal }: { services: Services; signal: AbortSignal },
): Promise<Look> {
  try {
    const { key } = await services.connector.resolve(name);
    const claim = services.arbiter.ownerOf(key);
    if (claim !== null) return heldAs(claim.fields);
    const { operation, pool } = await services.connector.probe(name, { signal });
    const locks = [
      ...(operation.state === "free" ? [] : [lockViewOf(name, "operation", operation)]),
      ...(pool.state === "free" ? [] : [lockViewOf(name, "pool", pool)]),
    ];
    const [first] = locks;
    if (first === undefined) return { lock: "free", locks };
    const lock_text = locks.map(({ text, stale }) => `${text ?? ""}${stale ? ", stale" : ""}`).join("; ");
    return { lock: first.kind === "operation" ? "locked" : "pool-locked", lock_text, locks };
  } catch (thrown) {
    signal.throwIfAborted();
    return { lock: "unreachable", lock_text: toMtuiError(thrown).message };
  }
}

function heldAs({ workspace, rrid, id, since }: Claim["fields"]): Look {
  const update = rrid === null ? "" : ` (${rrid})`;
  return {
    lock: "held",
    lock_text: `by workspace ${workspace}${update} since ${new Date(since).toISOString().slice(0, 19)}Z`,
    held: { workspace, rrid, claim: id, since },
  };
}
