import type { ResolvedSpec } from "../spec.ts";

/** A product that an update is released for, by the name that its metadata uses. */
export interface UpdateTarget {
  /** `SLE-Module-Basesystem`, `SLE-SERVER`, `SLES`, `SL-Micro`, ... */
  product: string;
  version: string;
  archs: string[];
}

/** The targets that reach the lab's hosts of these versions; unknown versions become plain x86_64 ones. */
export function targetsFor(versions: readonly string[], hosts: readonly ResolvedSpec[]): UpdateTarget[] {
  return versions.flatMap((version) => {
    const there = hosts.filter((host) => host.version === version);
    const products = Map.groupBy(there, (host) => releasedFor(host));
    if (products.size === 0) return [{ product: guess(version), version, archs: ["x86_64"] }];
    return [...products].map(([product, group]) => ({
      product,
      version,
      archs: [...new Set(group.map((host) => host.arch))].sort(),
    }));
  });
}

/** `15-SP6` and the like, as the base of a testplatform line asks for them. */
export function askedVersions(testplatforms: readonly string[]): string[] {
  const versions = testplatforms.flatMap((line) => {
    const fields = /base=[^(;]*\(([^)]*)\)/.exec(line)?.[1] ?? "";
    const major = /major=([^,]+)/.exec(fields)?.[1];
    const minor = /minor=([^,]+)/.exec(fields)?.[1];
    if (major === undefined) return [];
    if (minor === undefined) return [major];
    return [Number(major) >= 16 || Number(major) < 11 ? `${major}.${minor}` : `${major}-${minor}`];
  });
  return [...new Set(versions)];
}

function releasedFor(host: ResolvedSpec): string {
  if (host.version.startsWith("15")) {
    return host.addons.some((a) => a.name === "sle-module-basesystem")
      ? "SLE-Module-Basesystem"
      : "SLE-Product-SLES";
  }
  if (host.version.startsWith("12")) return "SLE-SERVER";
  return host.product === "SLES_SAP" ? "SLES-SAP" : host.product;
}

function guess(version: string): string {
  if (version.startsWith("15")) return "SLE-Module-Basesystem";
  if (version.startsWith("12")) return "SLE-SERVER";
  return version.startsWith("6") ? "SL-Micro" : "SLES";
}
