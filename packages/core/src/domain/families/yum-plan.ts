import { packageArguments } from "./arguments.ts";
import { type PlanStep, planStep } from "./command-line.ts";
import type { Family } from "./family.ts";
import { rpmVersions } from "./zypper-plan.ts";

const NO_TESTING = "--disablerepo=*testing*";

function change(step: string, question: PlanStep["question"], words: readonly string[]): PlanStep {
  return planStep({ step, question, changes: true, words: ["yum", "-y", ...words] });
}

/** RHEL: packages without patches, and repositories that its administrator set up. */
export const yumFamily: Family = {
  key: "YUM",
  tool: "yum",
  rebootAfterChange: false,
  install: (packages) => change("install", "install", ["install", ...packageArguments(packages)]),
  uninstall: (packages) => change("uninstall", "uninstall", ["remove", ...packageArguments(packages)]),
  prepare: (packages, { testing }) =>
    change("prepare", "install", [
      ...(testing ? [] : [NO_TESTING]),
      "install",
      ...packageArguments(packages),
    ]),
  versions: rpmVersions,
  offers: null,
  repositories: null,
  patches: null,
  updatePackages: (packages) => change("update packages", "patch", ["update", ...packageArguments(packages)]),
  downgrade: null,
};
