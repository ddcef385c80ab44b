import type { ServerContext } from "@modelcontextprotocol/server";

const BEAT_MS = 10_000;

/** While a long call runs, a sign of life for a client that asked for progress: elapsed seconds. */
export function startHeartbeat(name: string, { mcpReq }: Pick<ServerContext, "mcpReq">): Disposable {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { [Symbol.dispose]: () => {} };
  const start = performance.now();
  const timer = setInterval(() => {
    const progress = Math.round((performance.now() - start) / 1000);
    const params = { progressToken, progress, message: `${name} is running (${progress} s)` };
    // A client that does not listen any more has no use for it; the call itself goes on.
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  }, BEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
