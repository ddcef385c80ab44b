import type { ParamsOf, ResultOf } from "@mtui/core/registry";
import type { LockReading } from "../hosts/index.ts";
import { describeForeignLock } from "../hosts/describe-lock.ts";
import { fullName } from "../workspaces/names.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import { jobsPerhapsAt } from "./at-work.ts";
import type { Call, PlainHandler } from "./context.ts";

type Unlocked = ResultOf<"unlock">["hosts"][number];
type Kind = "operation" | "pool";

interface Unlocking {
  readonly call: Call;
  readonly workspace: Workspace;
  readonly kind: Kind;
  readonly force: boolean;
}

/** Each host by itself; what could not be unlocked says why. */
export const unlock: PlainHandler<"unlock"> = async (params: ParamsOf<"unlock">, call) => {
  const { services, client } = call;
  const name = fullName(params.workspace, client);
  const workspace = services.workspaces.require(name);
  const kind: Kind = params.pool ? "pool" : "operation";
  const options = { call, workspace, kind, force: params.force };
  return { hosts: await Promise.all(workspace.select(params.hosts).map((host) => unlockOne(host, options))) };
};

async function unlockOne(host: WorkspaceHost, options: Unlocking): Promise<Unlocked> {
  const { kind, force } = options;
  const label = host.claim.hostName;
  const reading = await host.session.readLock(kind);
  const was = reading.state === "free" ? null : describeForeignLock(reading);
  if (reading.state === "unreadable") return { host: label, state: "error", was, message: reading.reason };
  if (kind === "pool" && isOfThisDesk(reading, host.poolLock.nonce)) return giveUp(host, { was, ...options });
  if (reading.state === "free") {
    forgetLock(host, options);
    return { host: label, state: "absent", was };
  }
  const byHand = kind === "operation" && host.byHand !== undefined;
  if (!(byHand && isOfThisDesk(reading, host.byHand?.nonce ?? "")) && !force) {
    const message =
      reading.state === "ours"
        ? "an operation of ours holds it right now"
        : "not ours; --force removes it all the same";
    return { host: label, state: "foreign", was, message };
  }
  const busy = kind === "operation" && reading.state === "ours" ? busyHere(host, { was, ...options }) : null;
  return busy ?? breakOne(host, { reading, was, ...options });
}

/** Without its file a host is had all the same; both halves go together. */
function isOfThisDesk(reading: LockReading, nonce: string): boolean {
  if (reading.state === "free") return true;
  return reading.state === "ours" && reading.bytes.endsWith(` n=${nonce}`);
}

/** No lock is taken away from under the work of our own jobs: they are ended by cancelling them. */
function busyHere(
  host: WorkspaceHost,
  { call, workspace, was }: Unlocking & { was: string | null },
): Unlocked | null {
  const busy = jobsPerhapsAt(host, { jobs: call.services.jobs, workspace: workspace.name });
  if (busy.length === 0) return null;
  const ids = busy.map(({ id }) => id).join(" ");
  const message = `${ids} of workspace ${workspace.name} is at work there; wait for it, or end it: mtuictl job cancel ${ids}`;
  return { host: host.claim.hostName, state: "error", was, message, kind: "workspace.busy" };
}

/** Our own pool lock is the host itself: claim, lock and connection go together, or nothing does. */
async function giveUp(host: WorkspaceHost, options: Unlocking & { was: string | null }): Promise<Unlocked> {
  const { workspace, was } = options;
  const { services } = options.call;
  const label = host.claim.hostName;
  const busy = busyHere(host, options);
  if (busy !== null) return busy;
  // From here on nothing new begins there.
  workspace.hosts.delete(label);
  workspace.histories.delete(label);
  const { reason } = await services.releaser.release(host);
  if (reason === null) return { host: label, state: "released", was, message: "the host is given up" };
  return { host: label, state: "error", was, message: `${reason}; this is tried again`, kind: "lock.io" };
}

/** Exactly the bytes that were seen go; whose they were is written down. */
async function breakOne(
  host: WorkspaceHost,
  options: Unlocking & { reading: LockReading; was: string | null },
): Promise<Unlocked> {
  const { kind, reading, was, workspace, call } = options;
  const label = host.claim.hostName;
  if (!("bytes" in reading)) return { host: label, state: "absent", was };
  const release = await host.session.breakLock(kind, reading.bytes);
  if (release.state === "error") {
    const { kind: errorKind, message } = whyNot(release.reason, label);
    return { host: label, state: "error", was, message, kind: errorKind };
  }
  if (release.state === "foreign") {
    const message = `it has changed meanwhile: ${describeForeignLock(release.by)}`;
    return { host: label, state: "foreign", was, message };
  }
  const own = isOfThisDesk(reading, host.byHand?.nonce ?? "-");
  if (kind === "operation") forgetLock(host, options);
  if (!own) tellForced(label, { reading, was: was ?? "", kind, workspace, call });
  if (kind === "operation") return { host: label, state: release.state, was };
  const message = `the workspace still has the host, unprotected against others; mtuictl remove-host -w ${workspace.name} -t ${label} gives it up`;
  return { host: label, state: release.state, was, message };
}

function forgetLock(host: WorkspaceHost, { call: { services } }: Unlocking): void {
  if (host.byHand === undefined) return;
  delete host.byHand;
  services.ledger.save(host);
}

function whyNot(reason: string, host: string): { kind: string; message: string } {
  if (!reason.includes("still at work")) return { kind: "lock.io", message: reason };
  const message = `${reason}; see what it is: ssh root@${host} fuser -v /var/lock/mtui.fence`;
  return { kind: "host.busy", message };
}

function tellForced(
  host: string,
  forced: { reading: LockReading; was: string; kind: Kind; workspace: Workspace; call: Call },
): void {
  const { reading, was, kind, workspace, call } = forced;
  const { services, client } = call;
  const record = "record" in reading ? reading.record : null;
  const age = "ageSeconds" in reading ? reading.ageSeconds : null;
  const text = `the ${kind} lock was removed by force for workspace ${workspace.name} (${client.name}): ${was}`;
  const data = {
    kind,
    by: client.name,
    user: record?.user ?? null,
    pid: record?.pid ?? null,
    comment: record?.comment ?? null,
    since: record?.epoch ?? null,
    age,
  };
  services.log("warn", `${host}: ${text}`, data);
  services.events.append({ type: "lock.forced", workspace: workspace.name, host, text, data });
}
