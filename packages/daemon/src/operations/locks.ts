import { MtuiError } from "@mtui/core/protocol";
import type { ParamsOf, ResultOf } from "@mtui/core/registry";
import type { LockReading, LockTaking } from "../hosts/index.ts";
import { describeForeignLock } from "../workspaces/foreign-lock.ts";
import { assertMayChange, fullName } from "../workspaces/names.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import type { PlainHandler } from "./context.ts";

type LockView = ResultOf<"list_locks">["locks"][number];
type Kind = LockView["kind"];

export const listLocks: PlainHandler<"list_locks"> = async (params, { services, client }) => {
  const workspace = services.workspaces.require(fullName(params.workspace, client));
  const kinds: Kind[] = params.pool ? ["pool"] : ["operation", "pool"];
  return { locks: await viewsOf(workspace.select(params.hosts), kinds) };
};

/** All of the selected hosts or none: what was taken is given back when one refuses. */
export const lock: PlainHandler<"lock"> = async (params, call) => {
  const { services, client } = call;
  const name = fullName(params.workspace, client);
  assertMayChange(name, client);
  const workspace = services.workspaces.require(name);
  return workspace.mutate(
    async () => {
      const hosts = workspace.select(params.hosts).filter((host) => host.byHand === undefined);
      const note = params.comment.join(" ");
      const purpose = {
        operation: "lock",
        rrid: workspace.rridText,
        workspace: name,
        ...(note === "" ? {} : { note }),
      };
      const takings = await Promise.all(
        hosts.map(async (host) => ({ host, taking: await host.session.takeLock("operation", purpose) })),
      );
      const [refused] = takings.flatMap(({ host, taking }) =>
        taking.state === "taken" ? [] : [{ host, taking }],
      );
      if (refused !== undefined) {
        await Promise.all(
          takings.flatMap(({ host, taking }) =>
            taking.state === "taken" ? [host.session.releaseLock(taking.lock)] : [],
          ),
        );
        throw refusal(refused.host, refused.taking);
      }
      for (const { host, taking } of takings) if (taking.state === "taken") host.byHand = taking.lock;
      return { locks: await viewsOf(workspace.select(params.hosts), ["operation"]) };
    },
    { signal: call.signal },
  );
};

function refusal(host: WorkspaceHost, taking: Exclude<LockTaking, { state: "taken" }>): MtuiError {
  const name = host.claim.hostName;
  if (taking.state === "error") {
    return new MtuiError("lock.io", `${name} could not be locked: ${taking.reason}`, {
      hint: `Look at /var/lock on ${name}; mtuictl list-locks shows what is there.`,
      data: { host: name },
    });
  }
  return new MtuiError("lock.foreign", `${name} is ${describeForeignLock(taking.by)}; nothing was locked.`, {
    hint: `Ask its owner, or remove it: mtuictl unlock --force -t ${name}`,
    data: { host: name },
  });
}

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

async function viewsOf(hosts: readonly WorkspaceHost[], kinds: readonly Kind[]): Promise<LockView[]> {
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
