import { setTimeout as pause } from "node:timers/promises";

export interface WaitOptions {
  /** What is waited for; named in the error. */
  for: string;
  /** Milliseconds; generous, because it is only ever reached when something is wrong. @default 60_000 */
  limitMs?: number;
  /** Milliseconds between two looks. @default 20 */
  everyMs?: number;
}

/** Look until `look` gives something other than undefined, null or false; throws after the limit. */
export async function waitUntil<T>(
  look: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  options: WaitOptions,
): Promise<T> {
  const limitMs = options.limitMs ?? 60_000;
  const end = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (performance.now() > end) throw new Error(`lab: waited ${limitMs} ms in vain for ${options.for}`);
    await pause(options.everyMs ?? 20);
  }
}
