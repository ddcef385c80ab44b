import {
  type Document,
  isAlias,
  isMap,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLSeq,
} from "yaml";
import { MtuiError } from "../../protocol/errors.ts";
import { printable } from "../grammar/control-characters.ts";
import type { RefHost } from "./refhost.ts";
import { BadRow, readRow } from "./row.ts";

export interface DroppedRow {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface Inventory {
  readonly hosts: readonly RefHost[];
  readonly dropped: readonly DroppedRow[];
}

export const INVENTORY_LIMITS = {
  characters: 4 * 1024 * 1024,
  rows: 20_000,
  aliases: 20_000,
  buckets: 1000,
} as const;

/**
 * Reads a `refhosts.yml` (docs/formats/refhosts.md, "File"): a mapping whose values are lists of rows.
 * The keys mean nothing. A row that cannot be used is left out and named; the others are used.
 * `source` is what messages call the file.
 * @throws MtuiError inventory.invalid when the file as a whole cannot be read
 */
export function parseInventory(yaml: string, options: { source: string }): Inventory {
  const fail = (why: string, cause?: unknown): MtuiError => invalid(options.source, why, cause);
  if (yaml.length > INVENTORY_LIMITS.characters) {
    throw fail(`it is longer than ${INVENTORY_LIMITS.characters} characters`);
  }
  const lines = new LineCounter();
  const document = parse(yaml, { lines, fail });
  if (countAliases(document) > INVENTORY_LIMITS.aliases) {
    throw fail(`it has more than ${INVENTORY_LIMITS.aliases} aliases`);
  }
  const hosts: RefHost[] = [];
  const dropped: DroppedRow[] = [];
  const root = resolve(document.contents, document);
  if (root === null) return { hosts, dropped };
  if (!isMap(root)) throw fail("it is not a mapping of lists of hosts");
  if (root.items.length > INVENTORY_LIMITS.buckets) {
    throw fail(`it has more than ${INVENTORY_LIMITS.buckets} top-level keys`);
  }
  const lineOf = (node: unknown): number => lines.linePos(startOf(node)).line;
  for (const { key, value } of root.items) {
    const list = resolve(value, document);
    if (list === null && isAlias(value))
      throw fail(`line ${lineOf(value)}: nothing has the anchor *${printable(value.source)}`);
    if (list === null || isNull(list)) continue;
    if (!isSeq(list)) {
      dropped.push({ line: lineOf(key), reason: `"${printable(String(key))}" is not a list of hosts` });
      continue;
    }
    if (hosts.length + dropped.length + list.items.length > INVENTORY_LIMITS.rows) {
      throw fail(`it has more than ${INVENTORY_LIMITS.rows} rows`);
    }
    for (const [index, row] of plainRows(list, { document, fail }).entries()) {
      try {
        hosts.push(readRow(row));
      } catch (thrown) {
        if (!(thrown instanceof BadRow)) throw thrown;
        dropped.push({ line: lineOf(list.items[index]), reason: thrown.message });
      }
    }
  }
  return { hosts, dropped };
}

/**
 * YAML 1.1, because that is what everybody else reads the file as: `010` is eight and `<<` merges.
 * Of a key that comes twice the last one counts.
 */
function parse(
  yaml: string,
  { lines, fail }: { lines: LineCounter; fail: (why: string, cause?: unknown) => MtuiError },
): Document {
  let document: Document.Parsed;
  try {
    document = parseDocument(yaml, {
      version: "1.1",
      uniqueKeys: false,
      logLevel: "error",
      prettyErrors: false,
      lineCounter: lines,
    });
  } catch (thrown) {
    throw fail(`it is nested too deeply or broken: ${messageOf(thrown)}`, thrown);
  }
  const error = document.errors[0];
  if (error !== undefined) {
    throw fail(`line ${lines.linePos(error.pos[0]).line}: ${printable(error.message, 200)}`, error);
  }
  return document;
}

/** Each alias costs a look at all of them, and may stand for many others: both need a bound. */
function countAliases(document: Document): number {
  let count = 0;
  visit(document, {
    Alias: () => {
      count += 1;
    },
  });
  return count;
}

/**
 * Mappings become `Map`, so that no key of the file can be mistaken for a property of an object. A
 * whole list at a time, because each conversion looks for all anchors of the file.
 */
function plainRows(
  list: YAMLSeq,
  { document, fail }: { document: Document; fail: (why: string, cause?: unknown) => MtuiError },
): unknown[] {
  let rows: unknown;
  try {
    rows = list.toJS(document, { mapAsMap: true, maxAliasCount: INVENTORY_LIMITS.aliases });
  } catch (thrown) {
    throw fail(messageOf(thrown), thrown);
  }
  return Array.isArray(rows) ? rows : [];
}

function resolve(node: unknown, document: Document): Node | null {
  const found = isAlias(node) ? node.resolve(document) : (node as Node | null | undefined);
  return found ?? null;
}

function isNull(node: Node): boolean {
  return "value" in node && (node.value === null || node.value === "");
}

function startOf(node: unknown): number {
  const range = typeof node === "object" && node !== null && "range" in node ? node.range : null;
  return Array.isArray(range) && typeof range[0] === "number" ? range[0] : 0;
}

function messageOf(thrown: unknown): string {
  return printable(thrown instanceof Error ? thrown.message : String(thrown), 200);
}

function invalid(source: string, why: string, cause?: unknown): MtuiError {
  return new MtuiError("inventory.invalid", `The host inventory ${source} cannot be read: ${why}.`, {
    hint: "Correct the file, or point [refhosts] at another one.",
    data: { source },
    cause,
  });
}
