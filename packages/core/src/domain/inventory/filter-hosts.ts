import { parseTestplatform } from "../testplatform/parse.ts";
import { queryHosts } from "../testplatform/search.ts";
import { globMatches } from "./glob.ts";
import { type ProductVersion, type RefHost, versionText } from "./refhost.ts";

/** What `list_refhosts` can ask for; absent and empty filters let everything pass. */
export interface HostFilters {
  /** A testplatform line; all other filters are then ignored. */
  readonly testplatform?: string | undefined;
  /** Shell pattern on the whole name. */
  readonly name?: string | undefined;
  /** Any of these. */
  readonly arch?: readonly string[] | undefined;
  /** Part of the base product's name, in any case. */
  readonly product?: string | undefined;
  /** `15-SP6`, `15.6` or `15`. */
  readonly version?: string | undefined;
  /** Part of an addon's name, in any case; each must be found. */
  readonly addon?: readonly string[] | undefined;
}

/** The hosts that pass (docs/formats/refhosts.md, "Filters"), in file order. */
export function filterHosts(hosts: readonly RefHost[], filters: HostFilters): RefHost[] {
  const { testplatform, name, arch = [], product, version, addon = [] } = filters;
  if (testplatform !== undefined && testplatform !== "") {
    return queryHosts(parseTestplatform(testplatform).queries, hosts);
  }
  return hosts.filter(
    (host) =>
      (name === undefined || name === "" || globMatches(name, host.name)) &&
      (arch.length === 0 || arch.includes(host.arch)) &&
      (product === undefined || holds(host.product.name, product)) &&
      (version === undefined || version === "" || versionMatches(version, host.product.version)) &&
      addon.every((wanted) => host.addons.some((candidate) => holds(candidate.name, wanted))),
  );
}

/** `SLES-15-SP6 x86_64`: what `list_refhosts --pool` groups by. */
export function poolText(host: RefHost): string {
  const version = versionText(host.product.version);
  return `${host.product.name}${version === "" ? "" : `-${version}`} ${host.arch}`;
}

function holds(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}

function versionMatches(wanted: string, version: ProductVersion | undefined): boolean {
  if (version === undefined) return false;
  const text = wanted.replaceAll(".", "-").toLowerCase();
  const dash = text.indexOf("-");
  const major = dash === -1 ? text : text.slice(0, dash);
  if (String(version.major).toLowerCase() !== major) return false;
  if (dash === -1) return true;
  return withoutSp(text.slice(dash + 1)) === withoutSp(String(version.minor ?? "").toLowerCase());
}

function withoutSp(minor: string): string {
  return minor.replaceAll("sp", "");
}
