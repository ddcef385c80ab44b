import { MtuiError } from "@mtui/core/protocol";
import type { HostConnector } from "../hosts/index.ts";
import { describeForeignLock } from "./foreign-lock.ts";
import { operationLocks, releaseLeftLocks } from "./left-locks.ts";
import type { WorkspaceHost } from "./workspace-host.ts";

/**
 * Opens a lost connection again under the same claim, and looks whether the pool lock is still
 * ours. A host that does not answer keeps its closed session: the operation says so for that host
 * alone. A lock file that is gone was wiped by a reboot, and is put back. Then what lost operations
 * left locked is unlocked.
 * @throws MtuiError lock.lost when somebody else's pool lock stands on the host
 */
export async function reconnect(
  hosts: readonly WorkspaceHost[],
  {
    connector,
    signal,
    workspace,
    rrid,
  }: { connector: HostConnector; signal: AbortSignal; workspace: string; rrid: string | null },
): Promise<void> {
  await Promise.all(
    hosts
      .filter((host) => !host.session.connected)
      .map(async (host) => {
        const session = await connector.open(host.claim, { signal }).catch(() => null);
        if (session === null) return;
        const former = host.session;
        // Its bytes of now: renewed since it was taken.
        const pool = former.locks.find(({ kind }) => kind === "pool") ?? host.poolLock;
        const reading = await session.readLock("pool");
        if (reading.state === "free") {
          const taking = await session.takeLock("pool", { operation: null, rrid, workspace });
          if (taking.state === "taken") host.poolLock = taking.lock;
        } else if (reading.state !== "ours" || reading.bytes !== pool.bytes) {
          await session.close();
          const name = host.claim.hostName;
          throw new MtuiError("lock.lost", `${name} is not ours any more: ${describeForeignLock(reading)}.`, {
            hint: `Give it up with mtuictl remove-host -w ${workspace} -t ${name}, then mtuictl add-host -w ${workspace}.`,
            data: { host: name },
          });
        }
        session.adoptLocks([...operationLocks(former), host.poolLock]);
        host.session = session;
        await former.close();
      }),
  );
  await Promise.all(hosts.map(releaseLeftLocks));
}
