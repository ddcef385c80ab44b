import type { Stop } from "../../ssh/limit-watch.ts";
import type { CommandOutcome } from "../outcome.ts";
import type { CommandLimits } from "../session.ts";
import { died, letGo, unreachable, unreached } from "./loss.ts";
import type { DurableStreams, Followed } from "./streams.ts";

/** How it can be over for us. */
export type End =
  | Exclude<Followed, { why: "refused" | "elsewhere" }>
  | Stop
  | { readonly why: "detached" | "unreached" };

export interface Circumstances {
  readonly ran: DurableStreams["captured"] & { readonly ms: number };
  /** Nothing is left of its process group. */
  readonly gone: boolean;
  readonly limits: Pick<CommandLimits, "silence" | "total" | "reconnect">;
  readonly hostName: string;
}

export function outcomeOf(event: End, { ran, gone, limits, hostName }: Circumstances): CommandOutcome {
  switch (event.why) {
    case "ended":
      return event.exit === 0
        ? { state: "ok", exit: 0, ...ran }
        : { state: "failed", exit: event.exit, ...ran };
    case "cancelled":
      return { state: "cancelled", gone, ...ran };
    case "silence":
    case "total":
      return { state: "timeout", limit: event.why, seconds: limits[event.why], gone, ...ran };
    case "detached":
      return { state: "lost", error: letGo(hostName), ...ran };
    case "died":
      return { state: "lost", error: died(hostName, event.of), ...ran };
    case "closed":
      return { state: "lost", error: unreachable(hostName, limits.reconnect), ...ran };
    case "unreached":
      return { state: "lost", error: unreached(hostName), ...ran };
  }
}
