import type { ParamsOf, ResultOf } from "@mtui/core/registry";
import type { LockReading } from "../hosts/index.ts";
import { describeForeignLock } from "../workspaces/foreign-lock.ts";
import { assertMayChange, fullName } from "../workspaces/names.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import type { PlainHandler } from "./context.ts";

type LockView = ResultOf<"list_locks">["locks"][number];
type Kind = LockView["kind"];

export const listLocks: PlainHandler<"list_locks"> = async (params, { services, client }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  const kinds: Kind[] = params.pool ? ["pool"] : ["operation", "pool"];
  return { locks: await lockViews(workspace.select(params.hosts), kinds) };
};

export const unlock: PlainHandler<"unlock"> = async (params, { services, client }) => {
  const name = fullName(params.workspace, client);
  assertMayChange(name, client);
  const hosts = services.workspaces.require(name).select(params.hosts);
  return { hosts: await Promise.all(hosts.map((host) => unlockOne(host, params))) };
};

type Unlocked = ResultOf<"unlock">["hosts"][number];

async function unlockOne(host: WorkspaceHost, params: ParamsOf<"unlock">): Promise<Unlocked> {
  const kind: Kind = params.pool ? "pool" : "operation";
  const label = host.claim.hostName;
  const reading = await host.session.readLock(kind);
  const was = reading.state === "free" ? null : describeForeignLock(reading);
  if (reading.state === "free") {
    if (kind === "operation") delete host.byHand;
    return { host: label, state: "absent", was };
  }
  if (reading.state === "unreadable") return { host: label, state: "error", was, message: reading.reason };
  const ours = reading.state === "ours" && (kind === "pool" || reading.bytes === bytesOfNow(host));
  if (!ours && !params.force) {
    const message =
      reading.state === "ours"
        ? "an operation of ours holds it right now"
        : "not ours; --force removes it all the same";
    return { host: label, state: "foreign", was, message };
  }
  const release = await host.session.breakLock(kind, reading.bytes);
  if (kind === "operation" && release.state !== "error") delete host.byHand;
  if (release.state === "error") return { host: label, state: "error", was, message: release.reason };
  if (kind === "operation") return { host: label, state: release.state, was };
  const message =
    "the workspace still has the host, unprotected against others; mtuictl remove-host gives it up";
  return { host: label, state: release.state, was, message };
}

/** Of the lock that a person took: it may have been renewed since. */
function bytesOfNow({ session, byHand }: WorkspaceHost): string | undefined {
  return session.locks.find(({ nonce }) => nonce === byHand?.nonce)?.bytes ?? byHand?.bytes;
}

export async function lockViews(
  hosts: readonly WorkspaceHost[],
  kinds: readonly Kind[],
): Promise<LockView[]> {
  const views = await Promise.all(
    hosts.flatMap((host) =>
      kinds.map(async (kind) => viewOf(host.claim.hostName, kind, await host.session.readLock(kind))),
    ),
  );
  return views;
}

function viewOf(host: string, kind: Kind, reading: LockReading): LockView {
  const record = reading.state === "ours" || reading.state === "foreign" ? reading.record : null;
  return {
    host,
    kind,
    state: reading.state,
    user: record?.user ?? null,
    pid: record?.pid ?? null,
    comment: record?.comment ?? null,
    since: record?.epoch ?? null,
    age: reading.state === "ours" || reading.state === "foreign" ? reading.ageSeconds : null,
    stale: reading.state === "foreign" && reading.stale,
    text: reading.state === "free" ? null : describeForeignLock(reading),
  };
}
