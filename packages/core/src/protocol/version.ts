/** Wire versions that this build speaks, lowest to highest. */
export const PROTOCOL_RANGE = { min: 1, max: 1 } as const;

export const VERSION = "0.1.0";

/** Put in by the bundler: one value for all programs of one build. */
declare const MTUI_BUILD: string | undefined;

/** Which build this is; `source` when the sources run as they are. */
export const BUILD: string = typeof MTUI_BUILD === "string" ? MTUI_BUILD : "source";

/** Exit status of `mtuid` when another one has the state already: no failure for whoever started it. */
export const EXIT_ALREADY_RUNNING = 75;

/** The highest version that both ranges contain, or null. */
export function commonProtocol(
  a: { min: number; max: number },
  b: { min: number; max: number },
): number | null {
  const highest = Math.min(a.max, b.max);
  return highest >= Math.max(a.min, b.min) ? highest : null;
}
