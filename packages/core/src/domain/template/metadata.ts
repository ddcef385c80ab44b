import { isPackageName, isPackageVersion } from "../grammar/package.ts";
import { parseRrid, type Rrid } from "../rrid.ts";
import { checkSize, templateInvalid } from "./invalid.ts";
import {
  asIds,
  asList,
  asObject,
  asOptionalText,
  asOptionalUrl,
  asText,
  asTexts,
  asUrl,
  invalid,
} from "./metadata-values.ts";

/** `metadata.json`, read and checked (docs/formats/rrid-and-template.md, "metadata.json"). */
export interface Metadata {
  readonly rrid: Rrid;
  readonly packages: Record<string, Record<string, string>>;
  readonly testplatforms: string[];
  readonly products: string[];
  readonly repository: string | null;
  readonly repositoryUrls: string[];
  readonly bugs: string[];
  readonly jira: string[];
  readonly category: string | null;
  readonly rating: string | null;
  readonly packager: string | null;
  readonly realId: string | null;
  readonly giteaPr: string | null;
  readonly giteaPrApi: string | null;
  readonly giteaCommitHash: string | null;
}

/** @throws MtuiError template.invalid, naming the key */
export function parseMetadata(json: string): Metadata {
  checkSize("metadata.json", json);
  const keys = parseObject(json);
  const get = (key: string): unknown => keys.get(key);
  return {
    rrid: readRrid(get("rrid")),
    packages: readPackages(get("packages")),
    testplatforms: asTexts(get("testplatform"), "testplatform"),
    products: asTexts(get("products"), "products"),
    repository: asOptionalUrl(get("repository"), "repository"),
    repositoryUrls: [...new Set(asList(get("repositories"), "repositories").map(repositoryUrl))],
    bugs: asIds(get("bugs"), "bugs"),
    jira: asIds(get("jira"), "jira"),
    category: asOptionalText(get("category"), "category"),
    rating: asOptionalText(get("rating"), "rating"),
    packager: asOptionalText(get("packager"), "packager"),
    realId: asOptionalText(get("id"), "id"),
    giteaPr: asOptionalUrl(get("gitea_pr"), "gitea_pr"),
    giteaPrApi: asOptionalUrl(get("gitea_pr_api"), "gitea_pr_api"),
    giteaCommitHash: readHash(get("gitea_commit_hash")),
  };
}

function parseObject(json: string): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (thrown) {
    throw templateInvalid({ file: "metadata.json" }, "is not JSON", thrown);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw templateInvalid({ file: "metadata.json" }, "is not a JSON object");
  }
  return new Map(Object.entries(value));
}

function readRrid(value: unknown): Rrid {
  if (value === undefined || value === null) throw invalid("rrid", "is missing");
  const text = asText(value, "rrid");
  try {
    return parseRrid(text);
  } catch (thrown) {
    throw templateInvalid({ file: "metadata.json", key: "rrid" }, "is no request review id", thrown);
  }
}

function repositoryUrl(value: unknown, index: number): string {
  return asUrl(value, `repositories[${index}]`);
}

function readHash(value: unknown): string | null {
  const hash = asOptionalText(value, "gitea_commit_hash");
  if (hash !== null && !/^[0-9A-Za-z]{1,128}$/.test(hash)) {
    throw invalid("gitea_commit_hash", "is no commit hash");
  }
  return hash;
}

function readPackages(value: unknown): Record<string, Record<string, string>> {
  const packages: Record<string, Record<string, string>> = {};
  for (const [version, entries] of asObject(value, "packages")) {
    const key = `packages[${JSON.stringify(version.slice(0, 80))}]`;
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(version)) throw invalid(key, "is no product version");
    packages[version] = Object.fromEntries(
      asList(entries, key).map((entry, index) => readPackage(entry, `${key}[${index}]`)),
    );
  }
  return packages;
}

/** `name = version-release`; whatever stands in the middle. */
function readPackage(entry: unknown, key: string): [name: string, version: string] {
  if (typeof entry !== "string" || entry.length > 1000) throw invalid(key, "is not a short text");
  const [name, middle, version, ...more] = entry.trim().split(/\s+/);
  if (name === undefined || middle === undefined || version === undefined || more.length > 0) {
    throw invalid(key, 'is not of the form "name = version-release"');
  }
  if (!isPackageName(name)) throw invalid(key, "has no valid package name");
  const bare = withoutArch(version);
  if (!isPackageVersion(bare)) throw invalid(key, "has no valid package version");
  return [name, bare];
}

/** An architecture behind the release is no part of the version that rpm compares. */
function withoutArch(version: string): string {
  return version.replace(/\.(?:noarch|x86_64|s390x|ppc64le|aarch64|ia64|ppc64)$/, "");
}
