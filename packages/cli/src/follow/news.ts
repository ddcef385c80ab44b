import type { DaemonClient } from "@mtui/core/client";
import type { ResultOf } from "@mtui/core/registry";

export type EventPage = ResultOf<"list_events">;

/** Seconds that one request waits for an event. */
const POLL = 25;
/** Milliseconds that an answer may take on top. */
const SLACK = 15_000;

export interface Watching {
  readonly client: DaemonClient;
  /** Of `list_events`: what is of interest. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/**
 * The events from a cursor on; waits in the daemon for the first when there is none yet.
 * @throws MtuiError what `list_events` answers, `daemon.unreachable` when the daemon is lost
 */
export async function news(from: number, { client, params, signal }: Watching): Promise<EventPage> {
  signal.throwIfAborted();
  return (await client.call(
    "list_events",
    { ...params, from, timeout: POLL },
    { signal, timeoutMs: POLL * 1000 + SLACK },
  )) as EventPage;
}
