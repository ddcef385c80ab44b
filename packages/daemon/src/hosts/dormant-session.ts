import type { HostFacts } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { Claim } from "../arbiter/claim.ts";
import { unreached } from "./durable/loss.ts";
import type { CommandOutcome } from "./outcome.ts";
import type { HeldLock, HostSession } from "./session.ts";

/**
 * A host that the daemon had in its former life, before it is connected again: what is known of it
 * stands here, and every question is answered with "not connected".
 * @param options.endLater told of each change that should be ended here, and cannot be yet
 */
export function dormantSession(
  claim: Claim,
  {
    facts,
    locks,
    endLater,
  }: { facts: HostFacts; locks: readonly HeldLock[]; endLater: (id: string) => void },
): HostSession {
  const reason = `${claim.hostName} is not connected yet since mtuid was started again`;
  const unreachable = (): CommandOutcome => ({
    state: "unreachable",
    error: new MtuiError("host.unreachable", reason, {
      hint: `Ask again: each operation connects first. mtuictl list-hosts shows its state.`,
      retryable: true,
      data: { host: claim.hostName },
    }).toReport(),
  });
  return {
    claim,
    name: claim.hostName,
    facts,
    connected: false,
    locks,
    query: async () => unreachable(),
    change: async () => unreachable(),
    follow: async (id, { signal }) => {
      if (signal?.aborted !== true) return unreachable();
      endLater(id);
      const none = { head: Buffer.alloc(0), tail: Buffer.alloc(0), bytes: 0, dropped: 0 };
      return { state: "lost", error: unreached(claim.hostName), stdout: none, stderr: none, ms: 0 };
    },
    collect: () => undefined,
    takeLock: async () => ({ state: "error", reason }),
    readLock: async () => ({ state: "unreadable", reason }),
    releaseLock: async () => ({ state: "error", reason }),
    adoptLocks: () => undefined,
    breakLock: async () => ({ state: "error", reason }),
    replaceLock: async () => ({ state: "error", reason }),
    restampLock: async () => ({ state: "error", reason }),
    putBackLock: async () => ({ state: "error", reason }),
    bootId: async () => null,
    appendHistory: async () => false,
    refreshFacts: async () => facts,
    reboot: async () => ({ state: "failed", reason }),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}
