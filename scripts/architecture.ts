/**
 * The rules of docs/architecture.md that a compiler does not see, checked on every import and a few
 * names: which room may look into which, and who may mint the key to a host.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

interface Rule {
  name: string;
  /** Files that the rule speaks of, relative to the root. */
  files: RegExp;
  /** Imports (resolved to a path relative to the root, or a bare name) that they must not have. */
  forbidden: RegExp;
  except?: RegExp;
}

const IO =
  /^(?:node:(?:fs|net|http|https|child_process|dgram|tls|worker_threads|sqlite|dns|readline)(?:\/.*)?|ssh2|undici)$/;

const RULES: Rule[] = [
  {
    name: "core never imports the daemon or a client",
    files: /^packages\/core\//,
    forbidden: /^packages\/(?:daemon|cli|mcp-shim)\/|^@mtui\/(?:daemon|cli|mcp-shim)/,
  },
  {
    name: "clients never import the daemon",
    files: /^packages\/(?:cli|mcp-shim)\/src\//,
    forbidden: /^packages\/daemon\/|^@mtui\/daemon/,
  },
  { name: "domain does no I/O", files: /^packages\/core\/src\/domain\//, forbidden: IO },
  {
    name: "domain knows neither wire nor client nor config",
    files: /^packages\/core\/src\/domain\//,
    forbidden: /^packages\/core\/src\/(?:client|config|protocol\/(?!errors|index))/,
  },
  { name: "the arbiter does no I/O", files: /^packages\/daemon\/src\/arbiter\//, forbidden: IO },
  {
    name: "the arbiter knows no hosts, ssh or workspaces",
    files: /^packages\/daemon\/src\/arbiter\//,
    forbidden: /^packages\/daemon\/src\/(?!arbiter\/)/,
  },
  {
    name: "workflow reaches hosts only through their session",
    files: /^packages\/daemon\/src\/workflow\//,
    forbidden: /^ssh2$|^packages\/daemon\/src\/(?:ssh|arbiter|workspaces|jobs|operations|server)\//,
  },
  {
    name: "ssh2 is seen by the ssh room alone",
    files: /^packages\//,
    forbidden: /^ssh2$/,
    except: /^packages\/daemon\/src\/ssh\//,
  },
  {
    name: "client bundles load no zod",
    files: /^packages\/(?:cli|mcp-shim)\/src\/|^packages\/core\/src\/client\//,
    forbidden: /^zod$|^@mtui\/core\/(?:registry|config)$|^packages\/core\/src\/protocol\/registry\//,
  },
  {
    name: "the product never imports its tests",
    files: /^packages\//,
    forbidden: /^(?:test|bench|scripts)\//,
  },
];

/** Only the arbiter mints claims: the one key that opens a connection for work. */
const NAMES = [
  {
    name: "Claim.mint outside arbiter/",
    files: /^packages\/daemon\/src\/(?!arbiter\/)/,
    text: /\bClaim\.mint\b/,
  },
];

const IMPORT =
  /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^"'`;]*?\sfrom\s+)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !/(^|\/)(?:node_modules|dist)\//.test(file));
}

function* importsOf(file: string, text: string): Generator<{ target: string; typeOnly: boolean }> {
  for (const match of text.matchAll(IMPORT)) {
    const target = match[3] ?? match[4];
    if (target === undefined) continue;
    const path = target.startsWith(".") ? relative(root, resolve(root, dirname(file), target)) : target;
    yield { target: path, typeOnly: match[2] !== undefined };
  }
}

const breaches: string[] = [];
const files = sources("packages");
for (const file of files) {
  const text = readFileSync(join(root, file), "utf8");
  for (const { target, typeOnly } of importsOf(file, text)) {
    for (const rule of RULES) {
      if (!rule.files.test(file) || rule.except?.test(file)) continue;
      // A type leaves no trace in a bundle; only the layering rules look at types too.
      if (typeOnly && rule.name.startsWith("client bundles")) continue;
      if (typeOnly && rule.name.startsWith("workflow reaches")) continue;
      if (rule.forbidden.test(target)) breaches.push(`${file}: imports ${target} (${rule.name})`);
    }
  }
  for (const { name, files: where, text: pattern } of NAMES) {
    if (where.test(file) && pattern.test(text)) breaches.push(`${file}: ${name}`);
  }
}

/**
 * `return work()` in the scope of a `using` gives the promise away and disposes at once: what the work
 * needs is gone before it has begun. Whatever a call returns there is awaited or has a name.
 */
function* earlyDisposals(text: string): Generator<number> {
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    const indent = /^(\s*)(?:await )?using \w+ =/.exec(line)?.[1]?.length;
    if (indent === undefined) continue;
    for (let at = index + 1; at < lines.length; at++) {
      const later = lines[at] ?? "";
      if (later.trim() !== "" && later.search(/\S/) < indent) break;
      if (/^\s*(?:return|[?:]) (?!await\b)[\w.#]+(?:<.*>)?\(/.test(later)) yield at + 1;
    }
  }
}

for (const file of [...files, ...sources("test"), ...sources("scripts"), ...sources("bench")]) {
  for (const line of earlyDisposals(readFileSync(join(root, file), "utf8"))) {
    breaches.push(`${file}:${line}: returns a call in the scope of a "using" without await`);
  }
}

if (breaches.length > 0) {
  console.error(breaches.join("\n"));
  process.exit(1);
}
console.log(`architecture: ${files.length} files, ${RULES.length + NAMES.length + 1} rules, no breach`);
