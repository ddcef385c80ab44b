import { isObject, type Json, jsonBytes } from "../json.ts";
import { shorten } from "./shorten.ts";

/**
 * Properties that are maps from names to values: they may lose entries, while every other object keeps
 * all of its properties, as its schema asks. A test holds this against the registry.
 */
export const MAPS: ReadonlySet<string> = new Set(["hosts", "packages", "data"]);

/** Lists whose items belong to the items of another by their place: both keep their beginning. */
const PARALLEL: ReadonlySet<string> = new Set(["jobs", "results"]);

/** From mild to harsh: bytes of a long string, and items of a list. The last one fits whatever it is. */
const STEPS: readonly (readonly [bytes: number, items: number])[] = [
  [6000, 1000],
  [3000, 300],
  [1500, 150],
  [800, 100],
  [400, 60],
  [300, 40],
  [250, 25],
  [200, 15],
  [200, 8],
  [150, 4],
  [150, 2],
  [150, 1],
  [150, 0],
];

/** Whole or of no use, as long as they look like what they are. */
const WHOLE: ReadonlySet<string> = new Set(["cursor", "sha256"]);
const LONGEST_WHOLE = 300;

/** A value in at most so many bytes of JSON, valid against the same schema, as far as one can get. */
export function fitValue(value: Json, bytes: number): Json {
  if (jsonBytes(value) <= bytes) return value;
  let fitted = value;
  for (const [text, items] of STEPS) {
    fitted = cut(value, { text, items, name: "" }) as Json;
    if (jsonBytes(fitted) <= bytes) return fitted;
  }
  // A result whose shape says nothing of its size: no result is what its schema allows instead.
  return isObject(fitted.result) ? { ...fitted, result: null } : fitted;
}

interface Limits {
  readonly text: number;
  readonly items: number;
  /** Property that the value stands under. */
  readonly name: string;
}

function cut(value: unknown, limits: Limits): unknown {
  if (typeof value === "string") return value.length * 3 <= limits.text ? value : shorten(value, limits.text);
  if (Array.isArray(value)) return chosen(value, limits).map((item) => cut(item, { ...limits, name: "" }));
  if (!isObject(value)) return value;
  let entries = Object.entries(value);
  if (MAPS.has(limits.name)) entries = entries.slice(0, limits.items);
  return Object.fromEntries(
    entries.map(([key, item]) => {
      if (WHOLE.has(key) && typeof item === "string" && item.length <= LONGEST_WHOLE) return [key, item];
      return [key, cut(item, { ...limits, name: below(limits.name, key) })];
    }),
  );
}

/** Names in a map are data; some maps have maps in them, such as packages by product. */
function below(name: string, key: string): string {
  if (!MAPS.has(name)) return key;
  return name === "hosts" ? "" : name;
}

/** What went wrong stays longest; the order stays, too. */
function chosen(items: readonly unknown[], { items: most, name }: Limits): readonly unknown[] {
  if (items.length <= most) return items;
  if (name === "events") return items.slice(-most || items.length);
  if (PARALLEL.has(name)) return items.slice(0, most);
  const bad = new Set(items.filter(wentWrong).slice(0, most));
  const rest = new Set(items.filter((item) => !bad.has(item)).slice(0, most - bad.size));
  return items.filter((item) => bad.has(item) || rest.has(item));
}

const GOOD: ReadonlySet<unknown> = new Set(["ok", "done", "PASSED", "free", "ours", "released", "updated"]);

function wentWrong(item: unknown): boolean {
  if (!isObject(item)) return false;
  const { state, verdict, error } = item;
  if (error !== undefined && error !== null) return true;
  return (state !== undefined && !GOOD.has(state)) || (verdict !== undefined && !GOOD.has(verdict));
}
