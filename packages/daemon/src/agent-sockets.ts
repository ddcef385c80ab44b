import { usableAgentSocket } from "./server/index.ts";

/** The ssh agents on offer: the latest live client's before the daemon's own. */
export interface AgentSockets {
  offer(client: string, path: string | null): void;
  withdraw(client: string): void;
  current(): string | undefined;
}

/** @param own the socket that the daemon was started with; it may be gone by the time it is needed */
export function agentSockets(own: string | undefined): AgentSockets {
  const offers = new Map<string, string>();
  return {
    offer(client, path) {
      const usable = usableAgentSocket(path);
      if (usable !== null) offers.set(client, usable);
    },
    withdraw: (client) => void offers.delete(client),
    current() {
      for (const path of [...offers.values()].toReversed()) {
        if (usableAgentSocket(path) !== null) return path;
      }
      return usableAgentSocket(own ?? null) ?? undefined;
    },
  };
}
