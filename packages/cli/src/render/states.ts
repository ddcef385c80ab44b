import type { Style } from "../terminal/style.ts";

const GOOD: ReadonlySet<string> = new Set([
  "ok",
  "done",
  "PASSED",
  "free",
  "ours",
  "released",
  "updated",
  "connected",
]);
const BAD: ReadonlySet<string> = new Set([
  "failed",
  "timeout",
  "lost",
  "unreachable",
  "FAILED",
  "LOST",
  "error",
  "foreign",
  "malformed",
  "unreadable",
  "UNKNOWN",
  "quarantined",
]);
const MIDDLING: ReadonlySet<string> = new Set([
  "waiting",
  "cancelling",
  "cancelled",
  "notRun",
  "NOT_TESTED",
  "INCOMPLETE",
  "update needed",
  "locked",
  "pool-locked",
  "held",
  "releasing",
  "dirty",
]);

/** A state or verdict in the colour of what it means. */
export function paint(state: string, style: Style): string {
  if (GOOD.has(state)) return style.green(state);
  if (BAD.has(state)) return style.red(state);
  return MIDDLING.has(state) ? style.yellow(state) : state;
}

/** States as people read them. */
export function stateWords(state: string, exit: number | null | undefined): string {
  if (state === "failed" && exit !== null && exit !== undefined) return `failed (exit ${exit})`;
  return state === "notRun" ? "not run" : state;
}
