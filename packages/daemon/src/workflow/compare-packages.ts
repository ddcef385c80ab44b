import {
  type HostVerdict,
  hostVerdict,
  type PackageVerdict,
  packageVerdict,
  type UpdateStep,
} from "@mtui/core/domain";
import type { UpdateEvidence } from "./update-host.ts";
import { isLeftOut } from "./host-plan.ts";

export interface PackageResult {
  name: string;
  required: string;
  /** null: not installed, or not known; `note` says which. */
  before: string | null;
  after: string | null;
  note?: string;
  verdict: PackageVerdict;
}

/** The verdict of every tracked package of a host, by name. */
export function comparePackages(
  required: Readonly<Record<string, string>>,
  { evidence, newpackage }: { evidence: UpdateEvidence; newpackage: boolean },
): PackageResult[] {
  const { before, after, missing } = evidence;
  return Object.entries(required)
    .sort(([one], [two]) => (one < two ? -1 : 1))
    .map(([name, version]) => {
      const was = before?.get(name);
      const is = after?.get(name);
      const notAvailable = was === null && missing.has(name);
      const leftOut = notAvailable || isLeftOut(name);
      const verdict = packageVerdict({ required: version, before: was, after: is, newpackage, leftOut });
      return {
        name,
        required: version,
        before: was ?? null,
        after: is ?? null,
        ...note({ notAvailable, leftOut, asked: was !== undefined && is !== undefined }),
        verdict,
      };
    });
}

function note(seen: { notAvailable: boolean; leftOut: boolean; asked: boolean }): { note?: string } {
  if (!seen.asked) return { note: "could not be asked" };
  if (seen.notAvailable) return { note: "not available" };
  return seen.leftOut ? { note: "not prepared" } : {};
}

export function verdictOf(step: UpdateStep, packages: readonly PackageResult[]): HostVerdict {
  return hostVerdict(
    step,
    packages.map(({ verdict }) => verdict),
  );
}
