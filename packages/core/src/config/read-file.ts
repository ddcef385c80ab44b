import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { expandHome } from "./paths.ts";
import { configInvalid, type Problem } from "./problem.ts";
import { checkSection } from "./check-section.ts";
import { ignoredKey } from "./schema/former-keys.ts";
import { isSection, keysOf, PATH_KEYS, type PartialConfig, SECTION_NAMES } from "./schema/sections.ts";
import { unknownName } from "./unknown-name.ts";

const MAX_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;

/**
 * What one file sets. Every problem of the file is collected, so that one look mends it.
 * @throws MtuiError `config.invalid` naming file, line, key and what is allowed.
 */
export function readConfigFile(
  path: string,
  env: NodeJS.ProcessEnv,
): { settings: PartialConfig; notices: string[] } {
  const lines = new LineCounter();
  const document = parseDocument(readBounded(path), { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined) => (offset === undefined ? null : lines.linePos(offset).line);
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => ({
    line: lineAt(error.pos[0]),
    key: null,
    text: error.message,
  }));
  if (problems.length > 0) throw configInvalid(path, problems);

  const root = document.contents;
  if (isEmpty(root)) return { settings: {}, notices: [] };
  if (!isMap(root)) {
    throw configInvalid(path, [
      { line: 1, key: null, text: `the file must be a mapping of ${SECTION_NAMES.join(", ")}` },
    ]);
  }

  const settings: PartialConfig = {};
  const notices: string[] = [];
  let bundleLine: number | null = null;
  for (const pair of root.items as Pair[]) {
    const name = keyText(pair);
    const line = lineAt(startOf(pair));
    if (!isSection(name)) {
      problems.push({
        line,
        key: name,
        text: unknownName(name, { known: SECTION_NAMES, what: "section", section: null }),
      });
    } else if (isMap(pair.value)) {
      const linesOf = new Map(pair.value.items.map((item) => [keyText(item), lineAt(startOf(item))]));
      if (name === "mtui") bundleLine = linesOf.get("ssl_verify") ?? null;
      const values = valuesOf(pair.value, { document, path, line });
      for (const key of Object.keys(values)) {
        const instead = ignoredKey(`${name}.${key}`);
        if (instead === null) continue;
        delete values[key];
        notices.push(`${path}:${linesOf.get(key) ?? ""}: ${name}.${key} is not used; ${instead}`);
      }
      Object.assign(settings, { [name]: checkSection(name, values, { linesOf, problems }) });
    } else if (!isEmpty(pair.value)) {
      problems.push({
        line,
        key: name,
        text: `the section ${name} must be a mapping of ${keysOf(name).join(", ")}`,
      });
    }
  }
  if (problems.length === 0) {
    absolutePaths(settings, { base: dirname(path), env });
    const bundle = settings.mtui?.ssl_verify;
    if (typeof bundle === "string" && !existsSync(bundle)) {
      const line = bundleLine;
      problems.push({
        line,
        key: "mtui.ssl_verify",
        text: `mtui.ssl_verify names ${bundle}, which does not exist`,
      });
    }
  }
  if (problems.length > 0) throw configInvalid(path, problems);
  return { settings, notices };
}

/** A path in a file is meant from that file, not from where somebody happened to start the daemon. */
function absolutePaths(
  settings: PartialConfig,
  { base, env }: { base: string; env: NodeJS.ProcessEnv },
): void {
  const sections = settings as Record<string, Record<string, unknown> | undefined>;
  for (const name of PATH_KEYS) {
    const [section = "", key = ""] = name.split(".");
    const values = sections[section];
    const value = values?.[key];
    if (values !== undefined && typeof value === "string")
      values[key] = resolve(base, expandHome(value, env));
  }
}

/** @throws MtuiError `config.invalid` for aliases that unfold without end. */
function valuesOf(
  map: YAMLMap,
  { document, path, line }: { document: Document; path: string; line: number | null },
): Record<string, unknown> {
  try {
    return map.toJS(document, { maxAliasCount: MAX_ALIASES }) as Record<string, unknown>;
  } catch (cause) {
    throw configInvalid(path, [
      { line, key: null, text: cause instanceof Error ? cause.message : String(cause) },
    ]);
  }
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function startOf(pair: Pair): number | undefined {
  return isNode(pair.key) ? pair.key.range?.[0] : undefined;
}

function readBounded(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw configInvalid(path, [
      { line: null, key: null, text: cause instanceof Error ? cause.message : String(cause) },
    ]);
  }
}
