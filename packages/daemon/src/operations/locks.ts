import type { ResultOf } from "@mtui/core/registry";
import { describeForeignLock } from "../hosts/describe-lock.ts";
import { fullName } from "../workspaces/names.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import type { PlainHandler } from "./context.ts";
import { lockOwner } from "./lock-owner.ts";
import type { LockReading } from "../hosts/index.ts";

type LockView = ResultOf<"list_locks">["locks"][number];
type Kind = LockView["kind"];

/** Only looks: no lock is taken, and none that is stale is removed. */
export const listLocks: PlainHandler<"list_locks"> = async (params, { services, client }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  const kinds: Kind[] = params.pool ? ["pool"] : ["operation", "pool"];
  return { locks: await lockViews(workspace.select(params.hosts), kinds) };
};

export async function lockViews(
  hosts: readonly WorkspaceHost[],
  kinds: readonly Kind[],
): Promise<LockView[]> {
  return Promise.all(
    hosts.flatMap((host) =>
      kinds.map(async (kind) => lockViewOf(host.claim.hostName, kind, await host.session.readLock(kind))),
    ),
  );
}

export function lockViewOf(host: string, kind: Kind, reading: LockReading): LockView {
  const isHeld = reading.state === "ours" || reading.state === "foreign";
  const record = isHeld ? reading.record : null;
  return {
    host,
    kind,
    state: reading.state,
    user: record?.user ?? null,
    pid: record?.pid ?? null,
    comment: record?.comment ?? null,
    since: record?.epoch ?? null,
    age: isHeld ? reading.ageSeconds : null,
    stale: reading.state === "foreign" && reading.stale,
    text: reading.state === "free" ? null : describeForeignLock(reading),
    ...lockOwner(reading),
  };
}
