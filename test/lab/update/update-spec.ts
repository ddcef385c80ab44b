import type { PackageLike } from "../packages/spec.ts";
import type { UpdateTarget } from "./targets.ts";

/** An update request to be made. Everything but the first three has a default. */
export interface UpdateSpec {
  /** `SUSE:Maintenance:31337:298765`, `SUSE:SLFO:1.1:4711`, `SUSE:PI:16.0:5150`. */
  rrid: string;
  /** `name = version-release` for all versions, or by product version (`15-SP6`) as in metadata.json. */
  packages: readonly PackageLike[] | Record<string, readonly PackageLike[]>;
  testplatforms: readonly string[];
  /** Products it is released for. @default what reaches the lab's hosts of the versions asked for */
  targets?: readonly UpdateTarget[];
  category?: "security" | "recommended" | "optional" | "feature";
  rating?: string;
  packager?: string;
  /** Id to title. */
  bugs?: Record<string, string>;
  jira?: Record<string, string>;
  /** Hosts that the report names, by the system text of their block. @default one open block a target */
  referenceHosts?: readonly { system: string; host: string }[];
  /** Put a patch into the repositories; without one, `zypper patches` shows nothing. @default true */
  patch?: boolean;
  /** More or other keys of metadata.json; undefined removes one. */
  metadata?: Record<string, unknown>;
  /** Files of the template directory that are left out. */
  omit?: readonly ("log" | "metadata.json" | "project.xml" | "patchinfo.xml")[];
}

export interface MadeUpdate {
  rrid: string;
  /** The template directory. */
  dir: string;
  targets: UpdateTarget[];
  /** One a target and architecture. */
  repositories: { product: string; version: string; arch: string; url: string }[];
  /** Required versions by product version (or `standard`), as in metadata.json. */
  packages: Record<string, Record<string, string>>;
}

/** How the build service names the directories of the two kinds. */
export function repositoryDirectory(
  kind: string,
  target: { product: string; version: string; arch: string },
): string {
  const { product, version, arch } = target;
  return kind === "Maintenance"
    ? `SUSE_Updates_${product}_${version}_${arch}`
    : `product/repo/${product}-${version}-${arch}`;
}
