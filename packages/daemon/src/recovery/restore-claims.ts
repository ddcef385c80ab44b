import type { Claim } from "../arbiter/index.ts";
import { dormantSession } from "../hosts/index.ts";
import type { Services } from "../operations/context.ts";
import type { Journal } from "../store/journal.ts";
import type { HostRecord } from "../store/records.ts";
import type { HostHistory } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";

const LEFT = "the daemon ended while it had this host; looking what it left there";

/**
 * Every host that the former life had is held again, before anybody can ask for it: by its workspace when
 * that had it for sure, else by nobody but the releaser, which removes whatever of ours is on it.
 */
export function restoreClaims(
  { arbiter, workspaces, releaser, connector }: Services,
  { journal }: { journal: Journal },
): { resumed: number; releasing: number } {
  const count = { resumed: 0, releasing: 0 };
  for (const [hostKey, record] of journal.claims.all()) {
    const { claim: id, name: hostName, workspace: owner, rrid, slots, since, job } = record;
    const fields = { id, hostKey, hostName, workspace: owner, rrid, slots, since };
    const host = journal.hosts.get(id);
    const workspace = workspaces.find(owner);
    if (record.state === "claimed" && host !== null && workspace !== undefined) {
      const claim = arbiter.adopt(fields, { job });
      const endLater = (command: string): void => connector.endLater(claim, command);
      workspace.hosts.set(hostName, hostOf(claim, { ...host, endLater }));
      const history = journal.histories.get(id);
      if (history !== null) workspace.histories.set(hostName, history as unknown as HostHistory);
      count.resumed += 1;
    } else {
      releaser.resume(arbiter.adopt(fields, { job, releasing: LEFT }), LEFT);
      count.releasing += 1;
    }
  }
  return count;
}

function hostOf(
  claim: Claim,
  {
    poolLock,
    byHand,
    silence,
    slots,
    warnings,
    facts,
    endLater,
  }: HostRecord & { endLater: (command: string) => void },
): WorkspaceHost {
  const locks = byHand === null ? [poolLock] : [poolLock, byHand];
  return {
    claim,
    session: dormantSession(claim, { facts, locks, endLater }),
    poolLock,
    slots,
    warnings,
    ...(byHand === null ? {} : { byHand }),
    ...(silence === undefined ? {} : { silence }),
  };
}
