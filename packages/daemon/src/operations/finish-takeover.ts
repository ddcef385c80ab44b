import type { Services } from "./context.ts";
import type { LockTaking } from "../hosts/index.ts";
import { describeForeignLock } from "../hosts/describe-lock.ts";
import { operationLocks, releaseLeftLocks } from "../workspaces/left-locks.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";

/** The loser's connection has this long to end what may still run on it. */
const CLOSE_MS = 20_000;

/**
 * Behind the step that gave the host to the taker: the pool lock gets the taker's text, the loser's
 * connection is closed, its operation locks go. One under which a command is still at work stays, is
 * the taker's to look after from now on, and keeps everybody from changing the host until then.
 * @returns what could not be done, in words
 */
export async function finishTakeover(options: {
  services: Pick<Services, "arbiter" | "clock" | "ledger">;
  former: WorkspaceHost;
  taker: Workspace;
  taken: WorkspaceHost;
}): Promise<string[]> {
  const { services, former, taker, taken } = options;
  const { session, claim } = taken;
  const left = operationLocks(former.session);
  const taking = await session.replaceLock(former.poolLock, {
    operation: null,
    rrid: taker.rridText,
    workspace: taker.name,
  });
  const isStillHis = services.arbiter.ownerOf(claim.hostKey)?.id === claim.id;
  if (taking.state === "taken" && isStillHis) {
    taken.poolLock = taking.lock;
    services.ledger.save(taken);
  }
  // Given up while this went on: what was written last goes, too.
  if (taking.state === "taken" && !isStillHis) await session.releaseLock(taking.lock);
  session.adoptLocks(taking.state === "error" ? [former.poolLock, ...left] : left);
  await closeWithin(former, services.clock);
  await releaseLeftLocks(taken);
  const warnings = isStillHis ? poolWarnings(taking, { former, taker }) : ["it was given up again meanwhile"];
  if (operationLocks(session).length > 0) {
    const whose = former.claim.fields.workspace;
    warnings.push(
      `a command of workspace ${whose} is still at work there; nothing else can change the host until it has ended`,
    );
  }
  return warnings;
}

function poolWarnings(
  taking: LockTaking,
  { former, taker }: { former: WorkspaceHost; taker: Workspace },
): string[] {
  const { workspace } = former.claim.fields;
  const { hostName } = former.claim;
  switch (taking.state) {
    case "taken":
      return [];
    case "refused":
      return [
        `its pool lock was overwritten: ${describeForeignLock(taking.by)}; give it up with mtuictl remove-host -w ${taker.name} -t ${hostName}`,
      ];
    case "error":
      return [`its pool lock still names workspace ${workspace}: ${taking.reason}`];
  }
}

async function closeWithin({ session }: WorkspaceHost, clock: Services["clock"]): Promise<void> {
  const late = Promise.withResolvers<void>();
  const stop = clock.after(CLOSE_MS, () => late.resolve());
  await Promise.race([session.close().catch(() => undefined), late.promise]).finally(stop);
}
