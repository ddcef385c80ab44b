import { compareRpmVersions } from "./rpm-version.ts";

export type PackageVerdict = "PASSED" | "NOT_TESTED" | "UNKNOWN" | "FAILED";
export type HostVerdict = "PASSED" | "NOT_TESTED" | "FAILED" | "LOST";
export type UpdateVerdict = "PASSED" | "INCOMPLETE" | "FAILED";

/** A version, `null` for "not installed", `undefined` for a query that failed. */
export type SeenVersion = string | null | undefined;

export interface PackageEvidence {
  readonly required: string;
  readonly before: SeenVersion;
  readonly after: SeenVersion;
  /** Were packages that are new in this update asked for? */
  readonly newpackage: boolean;
  /** Known to be left out on purpose: no enabled repository offers it, or it is not to be installed. */
  readonly leftOut?: boolean;
}

/**
 * The verdict of a package on a host (docs/formats/update-workflow.md, "Verdicts"). Only two
 * successful queries make one.
 */
export function packageVerdict(evidence: PackageEvidence): PackageVerdict {
  const { required, before, after, newpackage, leftOut = false } = evidence;
  if (before === undefined || after === undefined) return "UNKNOWN";
  const reached = after !== null && compareRpmVersions(after, required) >= 0;
  if (before === null) {
    if (reached) return newpackage ? "PASSED" : "NOT_TESTED";
    return after === null && leftOut ? "NOT_TESTED" : "FAILED";
  }
  if (compareRpmVersions(before, required) >= 0) return "NOT_TESTED";
  return reached ? "PASSED" : "FAILED";
}

/**
 * How the update step itself ended on a host: `ok`, `failed` (with roll-back), `lost` (nobody can
 * say), or `notDone`, when it was never begun or was called off.
 */
export type UpdateStep = "ok" | "failed" | "lost" | "notDone";

/**
 * PASSED takes a successful update step and at least one PASSED package, with none FAILED or
 * UNKNOWN; FAILED is only what a host really said.
 */
export function hostVerdict(step: UpdateStep, packages: readonly PackageVerdict[]): HostVerdict {
  if (step === "lost") return "LOST";
  if (step === "failed") return "FAILED";
  if (step === "notDone") return "NOT_TESTED";
  if (packages.includes("FAILED")) return "FAILED";
  // What could not be asked is no success, and no fault of the update either.
  if (packages.includes("UNKNOWN")) return "NOT_TESTED";
  return packages.includes("PASSED") ? "PASSED" : "NOT_TESTED";
}

/** One test target of the update with the verdicts of its hosts; an empty list means `no host`. */
export function updateVerdict(slots: readonly { readonly hosts: readonly HostVerdict[] }[]): UpdateVerdict {
  const open = slots.filter(({ hosts }) => !hosts.includes("PASSED"));
  if (open.length === 0 && slots.length > 0) return "PASSED";
  const untested = open.every(({ hosts }) => hosts.every((verdict) => verdict === "NOT_TESTED"));
  return untested ? "INCOMPLETE" : "FAILED";
}
