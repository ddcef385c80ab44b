import { MtuiError, toMtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/index.ts";
import type { HostSession } from "../hosts/index.ts";
import { describeForeignLock } from "../hosts/describe-lock.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import { jobsPerhapsAt } from "./at-work.ts";
import type { Call } from "./context.ts";
import { notHeldSo } from "./seen-claim.ts";

/* What refuses a takeover before anything has changed. */

/** A connection of the taker's, and proof that the host is still ours. @throws when not */
export async function look(host: WorkspaceHost, { services, signal }: Call): Promise<HostSession> {
  const { claim } = host;
  const name = claim.hostName;
  const session = await services.connector.open(claim, { signal }).catch((thrown: unknown) => {
    const error = toMtuiError(thrown);
    throw new MtuiError(error.kind, `${error.message.replace(/\.$/, "")}; nothing has changed.`, {
      retryable: true,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      data: { ...error.data, host: name },
      cause: thrown,
    });
  });
  const reading = await session.readLock("pool");
  if (reading.state === "ours" || reading.state === "free") return session;
  await session.close();
  if (reading.state === "unreadable") {
    throw new MtuiError(
      "lock.io",
      `${name}: its pool lock cannot be read: ${reading.reason}; nothing has changed.`,
      {
        hint: `Look at it: ssh root@${name} ls -l /var/lock`,
        data: { host: name },
      },
    );
  }
  const who = describeForeignLock(reading);
  throw new MtuiError(
    "lock.lost",
    `${name} is not workspace ${claim.fields.workspace}'s any more: ${who}; nothing has changed.`,
    {
      hint: `Ask its owner; mtuictl remove-host -w ${claim.fields.workspace} -t ${name} gives the claim up.`,
      data: { host: name },
    },
  );
}

export function assertIdle({
  services,
  loser,
  host,
  force,
}: {
  services: Call["services"];
  loser: Workspace;
  host: WorkspaceHost;
  force: boolean;
}): void {
  const busy = jobsPerhapsAt(host, { jobs: services.jobs, workspace: loser.name }).map(({ id }) => id);
  if (busy.length === 0 || force) return;
  throw new MtuiError(
    "workspace.busy",
    `${host.claim.hostName} is at work for workspace ${loser.name} (${busy.join(", ")}); nothing has changed.`,
    {
      hint:
        `Wait (mtuictl job follow ${busy.join(" ")}) or cancel (mtuictl job cancel ${busy.join(" ")}); ` +
        "the same takeover with --force cancels and takes.",
      retryable: true,
      data: { host: host.claim.hostName, workspace: loser.name, jobs: busy },
    },
  );
}

export function passing(claim: Claim): MtuiError {
  return notHeldSo(claim.hostName, {
    claim,
    why: `workspace ${claim.fields.workspace} is just getting it or giving it up`,
  });
}

export function isYours(claim: Claim): MtuiError {
  const { workspace } = claim.fields;
  return new MtuiError("params.invalid", `${claim.hostName} is in workspace ${workspace} already.`, {
    hint: "Name the workspace that is to get it: -w NAME.",
  });
}
