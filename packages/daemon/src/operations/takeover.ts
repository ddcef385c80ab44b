import type { ResultOf } from "@mtui/core/registry";
import type { Claim } from "../arbiter/index.ts";
import type { HostSession } from "../hosts/index.ts";
import type { Workspace } from "../workspaces/workspace.ts";
import type { WorkspaceHost } from "../workspaces/workspace-host.ts";
import { jobsPerhapsAt } from "./at-work.ts";
import { fullName } from "../workspaces/names.ts";
import { assertIdle, isYours, look, passing } from "./before-takeover.ts";
import type { Call, PlainHandler } from "./context.ts";
import { finishTakeover } from "./finish-takeover.ts";
import { oneLineReason } from "./reason.ts";
import { findClaim } from "./seen-claim.ts";

/** The loser's job gets this long to prove that its commands are gone; then it goes on without the caller. */
const FINISH_MS = 60_000;

/**
 * A host is taken from another workspace, by a person or by an agent that is allowed to. Whatever may fail is tried before anything changes: a
 * connection of the taker's own is opened, and the pool lock on the host looked at. Then, without an
 * await in between, the host changes hands in the arbiter and in both workspaces; from there on nothing
 * that the loser begins can touch it. What the loser had begun is ended (`force`), and the pool lock
 * on the host gets the taker's text in one step, so that the host is never without one.
 * @throws MtuiError permission.denied, params.invalid, host.busy, workspace.busy, workspace.closed,
 * lock.lost, lock.io, and what opening a connection throws; nothing has changed then
 */
export const takeover: PlainHandler<"takeover"> = async (asked, call) => {
  const { services, client } = call;
  const params = { ...asked, workspace: fullName(asked.workspace, client) };
  const reason = oneLineReason(params.reason);
  const claim = await findClaim(params, services);
  const loser = services.workspaces.find(claim.fields.workspace);
  const host = loser?.hosts.get(claim.hostName);
  if (loser === undefined || host?.claim.id !== claim.id) throw passing(claim);
  if (params.workspace === loser.name) throw isYours(claim);
  const { force } = params;
  assertIdle({ services, loser, host, force });
  const session = await look(host, call);
  const { workspaces } = services;
  const isNew = workspaces.find(params.workspace) === undefined;
  let taken: Taken;
  try {
    taken = commit({ call, params, reason, claim, loser, host, session });
  } catch (thrown) {
    // Before anything is waited for: from then on others may have begun something at that desk.
    const fresh = workspaces.find(params.workspace);
    if (isNew && fresh !== undefined && fresh.hosts.size === 0) workspaces.forget(fresh);
    await session.close();
    throw thrown;
  }
  return finish({ ...taken, call, claim, loser, host });
};

interface Taking {
  readonly call: Call;
  readonly params: { workspace: string; host: string; claim: string; force: boolean };
  readonly reason: string;
  readonly claim: Claim;
  readonly loser: Workspace;
  readonly host: WorkspaceHost;
  readonly session: HostSession;
}

interface Taken {
  readonly taker: Workspace;
  readonly taken: WorkspaceHost;
  /** Jobs of the loser that are being ended. */
  readonly cancelled: string[];
}

/** The one step: everything that the look took time for is checked again, then all of it happens or none. */
function commit(taking: Taking): Taken {
  const { call, params, reason, claim, loser, host, session } = taking;
  const { services, client } = call;
  const { arbiter, clock, jobs } = services;
  call.signal.throwIfAborted();
  if (loser.hosts.get(claim.hostName) !== host || loser.closing) throw passing(claim);
  assertIdle({ services, loser, host, force: params.force });
  const taker = services.workspaces.open(params.workspace, client);
  const by = { workspace: taker.name, rrid: taker.rridText, job: null };
  const busy = jobsPerhapsAt(host, { jobs, workspace: loser.name });
  // Written down first: a daemon that dies in between still has it, and nobody is told.
  loser.lost.remember({ host: claim.hostName, by: taker.name, at: clock.now(), reason });
  let mine: Claim;
  try {
    mine = arbiter.takeover(claim.hostKey, { seen: claim.id, by, reason });
  } catch (thrown) {
    loser.lost.forget([claim.hostName]);
    throw thrown;
  }
  const taken: WorkspaceHost = {
    claim: mine,
    session,
    poolLock: host.poolLock,
    slots: mine.fields.slots,
    warnings: [],
  };
  loser.hosts.delete(claim.hostName);
  loser.histories.delete(claim.hostName);
  taker.hosts.set(mine.hostName, taken);
  services.ledger.save(taken);
  const words = `${claim.hostName} was taken over by workspace ${taker.name}: ${reason}`;
  const cancelled = busy.filter((job) => job.cancel(words)).map(({ id }) => id);
  services.log("warn", `${words} (from workspace ${loser.name}, by ${client.name})`, {
    host: claim.hostName,
    from: { workspace: loser.name, claim: claim.id },
    to: { workspace: taker.name, claim: mine.id },
    cancelled,
  });
  return { taker, taken, cancelled };
}

async function finish(
  options: Taken & Pick<Taking, "call" | "claim" | "loser" | "host">,
): Promise<ResultOf<"takeover">> {
  const { call, claim, loser, taker, taken, host, cancelled } = options;
  const { clock, jobs } = call.services;
  const ended = Promise.all(cancelled.map((id) => jobs.get(id).ended));
  const late = Promise.withResolvers<string[]>();
  const stop = clock.after(FINISH_MS, () =>
    late.resolve([
      `${cancelled.join(", ")} of workspace ${loser.name} is still being ended; until then nothing can be done there`,
    ]),
  );
  const rest = ended.then(() => finishTakeover({ services: call.services, former: host, taker, taken }));
  const warnings = await Promise.race([rest, late.promise]).finally(stop);
  return {
    host: claim.hostName,
    workspace: taker.name,
    claim: taken.claim.id,
    from: { workspace: loser.name, rrid: claim.fields.rrid, claim: claim.id, since: claim.fields.since },
    cancelled_jobs: cancelled,
    warnings,
  };
}
