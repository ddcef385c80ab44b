import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/index.ts";
import type { Services } from "./context.ts";

/**
 * The claim that a person saw, if it still stands.
 * @param asked.host as the queue shows it, as a key, or any name of the same machine
 * @throws MtuiError host.busy when the host is held otherwise by now, or not at all
 */
export async function findClaim(
  asked: { host: string; claim: string },
  { arbiter, connector }: Services,
): Promise<Claim> {
  const shown = arbiter.view().claims.find(({ host, key }) => host === asked.host || key === asked.host);
  const key = shown?.key ?? (await connector.resolve(asked.host)).key;
  const claim = arbiter.ownerOf(key);
  const state = arbiter.view().claims.find((each) => each.key === key)?.state;
  if (claim === null) throw notHeldSo(asked.host, { claim, why: "it is not held by anybody" });
  const { workspace, since } = claim.fields;
  const words = `it is ${state} by workspace ${workspace} as ${claim.id} since ${new Date(since).toISOString().slice(0, 19)}Z`;
  if (claim.id !== asked.claim) throw notHeldSo(asked.host, { claim, why: words });
  if (state !== "claimed") throw notHeldSo(asked.host, { claim, why: words });
  return claim;
}

export function notHeldSo(host: string, { claim, why }: { claim: Claim | null; why: string }): MtuiError {
  return new MtuiError("host.busy", `${host} was not taken over: ${why}.`, {
    hint:
      claim === null ? `It may be free: mtuictl add-host -t ${host}` : "Look again who has it: mtuictl queue",
    retryable: true,
    data: { host, claim: claim?.id ?? null, workspace: claim?.fields.workspace ?? null },
  });
}
