import type { CommandLimits } from "../hosts/session.ts";

/** Why we end a command that has not ended by itself. */
export type Stop = { readonly why: "cancelled" | "silence" | "total" };

export interface LimitWatch {
  readonly stopped: Promise<Stop>;
  /** A byte came. */
  life(): void;
  /** Nothing can be heard: silence says nothing until `resume`. */
  pause(): void;
  resume(): void;
  done(): void;
}

/** The silence limit starts anew with every byte; keep-alives of the connection do not count. */
export function watchLimits(
  limits: Pick<CommandLimits, "silence" | "total">,
  signal: AbortSignal | undefined,
): LimitWatch {
  const { promise, resolve } = Promise.withResolvers<Stop>();
  const after = (seconds: number, why: "silence" | "total"): NodeJS.Timeout | undefined =>
    seconds > 0 ? setTimeout(() => resolve({ why }), seconds * 1000) : undefined;
  const total = after(limits.total, "total");
  let silence = after(limits.silence, "silence");
  const onAbort = (): void => resolve({ why: "cancelled" });
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    stopped: promise,
    life: () => void silence?.refresh(),
    pause: () => clearTimeout(silence),
    resume: () => {
      clearTimeout(silence);
      silence = after(limits.silence, "silence");
    },
    done: () => {
      clearTimeout(total);
      clearTimeout(silence);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
