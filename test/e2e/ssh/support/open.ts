import { Claim } from "../../../../packages/daemon/src/arbiter/claim.ts";
import {
  type CommandOutcome,
  createHostConnector,
  type HostConnector,
  type HostConnectorOptions,
  type HostSession,
} from "../../../../packages/daemon/src/hosts/index.ts";
import type { Lab } from "../../../lab/index.ts";

export const withoutLab = process.env.MTUI_NO_LAB !== undefined || process.getuid?.() !== 0;

export const PURPOSE = { operation: "run", rrid: "SUSE:Maintenance:1:2", workspace: "default" };

/** A connector as the daemon makes it, for the files of a lab. */
export function connectorFor(
  lab: Lab,
  options: Partial<HostConnectorOptions> & { daemonId?: string; logged?: string[] } = {},
): HostConnector {
  const { daemonId = "d1", logged, ...rest } = options;
  return createHostConnector({
    identity: { user: "alice+mtuid", pid: 4242, daemonId },
    ssh: {
      configFile: lab.files.sshConfig,
      strictHostKeyChecking: "auto_add",
      connectTimeoutSeconds: 10,
      authSock: () => undefined,
    },
    locks: { staleAgeSeconds: 86_400, reapStale: true },
    log: (_level, text) => logged?.push(text),
    ...rest,
  });
}

export async function openHost(connector: HostConnector, name: string): Promise<HostSession> {
  const { key } = await connector.resolve(name);
  const claim = Claim.mint({
    id: `c-${name}`,
    hostKey: key,
    hostName: name,
    workspace: "default",
    rrid: null,
    slots: [],
    since: 0,
  });
  return await connector.open(claim);
}

export function stdoutOf(outcome: CommandOutcome): string {
  return "stdout" in outcome
    ? Buffer.concat([outcome.stdout.head, outcome.stdout.tail]).toString("utf8")
    : "";
}
