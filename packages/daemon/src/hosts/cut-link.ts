import type { Clock } from "@mtui/core/clock";
import type { HostLink } from "./host-link.ts";

export interface CutOptions {
  readonly signal: AbortSignal | undefined;
  /** What is under way may leave something on the host: its answer is waited for so long. @default not at all */
  readonly patience?: { readonly clock: Clock; readonly ms: number };
}

/**
 * Work that has no signal of its own, on a link that is for this alone: when nobody wants it any more, the link is
 * cut, and whatever waits for an answer of the host fails with it.
 */
export async function cutOnAbort<T>(
  link: Pick<HostLink, "abandon">,
  { signal, patience }: CutOptions,
  work: () => Promise<T>,
): Promise<T> {
  let stop = (): void => undefined;
  const onAbort = (): void => {
    if (patience === undefined) link.abandon();
    else stop = patience.clock.after(patience.ms, () => link.abandon());
  };
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await work();
  } finally {
    signal?.removeEventListener("abort", onAbort);
    stop();
  }
}
