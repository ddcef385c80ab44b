import { isObject } from "../json.ts";
import { inToolWords, type Speech } from "./translate.ts";

/** Properties of results in which the product itself speaks. */
const OURS: ReadonlySet<string> = new Set(["hint", "message", "reason", "why_not", "warnings", "warning"]);

/** Every hint of a result in the language of tools. @typeParam T the shape, which does not change */
export function speakTools<T>(value: T, speech: Speech | null): T;
export function speakTools(value: unknown, speech: Speech | null): unknown {
  return speech === null ? value : spoken(value, { speech, ours: false });
}

function spoken(value: unknown, { speech, ours }: { speech: Speech; ours: boolean }): unknown {
  if (typeof value === "string") return ours ? inToolWords(value, speech) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => spoken(item, { speech, ours }));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, spoken(item, { speech, ours: OURS.has(key) })]),
  );
}
