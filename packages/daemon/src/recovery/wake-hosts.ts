import { toMtuiError } from "@mtui/core/protocol";
import type { Services } from "../operations/context.ts";
import { LAST_SCRIPT_MS, nonceOf, ourLock, releaseLeftLocks } from "../workspaces/left-locks.ts";
import { reopen } from "../workspaces/reconnect.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";

/**
 * Connects the hosts that a desk had in the former life, in the desk's turn. One whose pool lock is
 * somebody else's by now is lost to the desk; one that does not answer stays, and is asked again by whatever
 * is done with it next.
 */
export async function wakeHosts(workspace: Workspace, services: Services): Promise<void> {
  await workspace
    .mutate(async () => {
      await Promise.all([...workspace.hosts.values()].map((host) => wake(host, { workspace, services })));
    })
    .catch(() => undefined);
  services.clock.after(LAST_SCRIPT_MS, () => {
    void workspace.mutate(async () => lookAgain(workspace)).catch(() => undefined);
  });
}

/** The last script of the former life has ended by now: what it made since the first look goes, too. */
async function lookAgain(workspace: Workspace): Promise<void> {
  await Promise.all(
    [...workspace.hosts.values()].map(async (host) => {
      if (!host.session.connected) return;
      const left = await ourLock(host.session, "operation");
      if (left !== null) host.session.adoptLocks([left]);
      await releaseLeftLocks(host);
    }),
  );
}

/** A lock by hand whose file is gone: `unlock` was under way, somebody removed it, or a reboot did. */
async function forgetLostLock(host: WorkspaceHost, log: Services["log"]): Promise<void> {
  const { byHand, session, claim } = host;
  if (byHand === undefined) return;
  const reading = await session.readLock("operation");
  const gone = reading.state === "free" || (reading.state === "ours" && nonceOf(reading) !== byHand.nonce);
  if (!gone) return;
  delete host.byHand;
  log("warn", `${claim.hostName}: the lock that workspace ${claim.fields.workspace} took by hand is gone`);
}

async function wake(
  host: WorkspaceHost,
  { workspace, services }: { workspace: Workspace; services: Services },
): Promise<void> {
  const { connector, events, log, releaser, ledger, clock } = services;
  const name = host.claim.hostName;
  try {
    await reopen(host, {
      connector,
      signal: new AbortController().signal,
      workspace: workspace.name,
      rrid: workspace.rridText,
    });
    if (!host.session.connected) {
      log("warn", `${name}: does not answer; workspace ${workspace.name} keeps it`);
      return;
    }
    await forgetLostLock(host, log);
    ledger.save(host);
    await releaseLeftLocks(host);
  } catch (thrown) {
    const { message } = toMtuiError(thrown);
    log("warn", `workspace ${workspace.name} loses ${name}: ${message}`);
    events.append({ type: "lock.lost", workspace: workspace.name, host: name, text: message });
    workspace.lost.remember({ host: name, by: null, at: clock.now(), reason: message });
    workspace.hosts.delete(name);
    await releaser.release(host);
  }
}
