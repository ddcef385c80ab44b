import { oneLine } from "@mtui/core/text";
import { isObject } from "../json.ts";
import { block, type Part } from "./part.ts";
import { some } from "./view.ts";

/** Rows of one list; the structured content has them all. */
const ROWS = 40;

/**
 * Any result, for operations that have no text of their own: facts first, then lists, a line an item.
 * Text of several lines is quoted.
 */
export function genericParts(value: unknown): Part[] {
  if (value === null || value === undefined) return ["Done."];
  if (!isObject(value)) return [scalar(value)];
  const facts: Part[] = [];
  const lists: Part[] = [];
  for (const [name, item] of Object.entries(value)) {
    if (typeof item === "string" && item.includes("\n")) lists.push(`${oneLine(name)}:`, block(item));
    else if (Array.isArray(item)) lists.push(...listParts(name, item));
    else if (isObject(item)) facts.push(`${oneLine(name)}: ${row(item)}`);
    else facts.push(`${oneLine(name)}: ${scalar(item)}`);
  }
  const parts = [...facts, ...lists];
  return parts.length === 0 ? ["Done."] : parts;
}

function listParts(name: string, items: readonly unknown[]): Part[] {
  const title = oneLine(name);
  if (items.length === 0) return [`${title}: none`];
  if (!items.some((item) => typeof item === "object")) return [`${title}: ${some(items.map(scalar), ROWS)}`];
  const more = items.length > ROWS ? [`  and ${items.length - ROWS} more`] : [];
  return [
    `${title}:`,
    ...items.slice(0, ROWS).map((item) => `  ${isObject(item) ? row(item) : scalar(item)}`),
    ...more,
  ];
}

function row(item: Readonly<Record<string, unknown>>): string {
  return Object.entries(item)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${oneLine(name)}=${scalar(value)}`)
    .join(" ");
}

function scalar(value: unknown): string {
  if (typeof value === "string") return oneLine(value).slice(0, 300);
  return (JSON.stringify(value) ?? "").slice(0, 300);
}
