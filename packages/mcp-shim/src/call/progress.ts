import type { ServerContext } from "@modelcontextprotocol/server";
import type { Clock } from "@mtui/core/clock";
import type { Limits } from "../limits.ts";

export interface Progress extends Disposable {
  /** Where it stands now; sent if somebody listens, the newest when there is more than one a second. */
  tell(text: string): void;
}

export interface ProgressOptions {
  readonly clock: Clock;
  readonly limits: Pick<Limits, "progressMs" | "keepAliveMs">;
  /** Most calls like this one are over before anybody wants to know. */
  readonly quick: boolean;
}

/** Longer ones are for nobody's eyes. */
const TEXT_LENGTH = 300;

/**
 * Progress notifications of one call, for a client that asked for them: at most one a second, and the last
 * one again when there is no news, because some clients give up on silence. `progress` is seconds, which
 * always grow; nothing is sent after the end.
 */
export function progressOf(
  { mcpReq }: Pick<ServerContext, "mcpReq">,
  { clock, limits, quick }: ProgressOptions,
): Progress {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return { tell: () => {}, [Symbol.dispose]: () => {} };
  const begun = clock.now();
  let sentAt = quick ? begun : begun - limits.progressMs;
  let last = -1;
  let text = "";
  let stop = (): void => {};

  const send = (): void => {
    sentAt = clock.now();
    // The clock may be set back; what was told must not be taken back.
    last = Math.max(last + 0.1, (sentAt - begun) / 1000);
    const params = { progressToken, progress: Math.round(last * 10) / 10, message: text };
    // A client that does not listen any more has no use for it; the call itself goes on.
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
    stop();
    stop = clock.after(limits.keepAliveMs, send);
  };

  return {
    tell(news) {
      const cut = news.length > TEXT_LENGTH ? `${news.slice(0, TEXT_LENGTH - 1)}…` : news;
      if (cut === text) return;
      text = cut;
      const wait = sentAt + limits.progressMs - clock.now();
      stop();
      if (wait <= 0) send();
      else stop = clock.after(wait, send);
    },
    [Symbol.dispose]: () => stop(),
  };
}
