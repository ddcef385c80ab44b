import type { ReplyContext } from "../context.ts";
import type { Part } from "./part.ts";

/** What one operation says: failures first, equal things once. The result is clean already. */
export type Teller<R> = (result: R, context: ReplyContext) => Part[];

/** `a, b, c and 12 more`. */
export function some(items: readonly string[], most = 20): string {
  if (items.length <= most) return items.join(", ");
  return `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
}

/** Items that say the same, with those who say it: in the order in which it was first said. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** `10:03Z`, with the date: the reply knows no today. */
export function utc(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? "?" : `${date.toISOString().slice(0, 16)}Z`;
}
