import type { TestReport } from "./test-report.ts";

/**
 * The packages that a host of this base version must have, with the version each must reach: not the
 * union of all versions (docs/formats/rrid-and-template.md, "Packages of a host"). A copy.
 */
export function requiredPackages(
  report: Pick<TestReport, "packages">,
  baseVersion: string,
): Record<string, string> {
  const { packages } = report;
  const of = (key: string): Readonly<Record<string, string>> =>
    (Object.hasOwn(packages, key) ? packages[key] : undefined) ?? {};
  const keys = Object.keys(packages);
  if (keys.length === 1 && keys[0] === "standard") return { ...of("standard") };
  return baseVersion.startsWith("12") ? { ...of(baseVersion), ...of("12") } : { ...of(baseVersion) };
}
