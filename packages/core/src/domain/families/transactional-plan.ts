import { packageArguments, patchArguments, versionedPackage } from "./arguments.ts";
import { type PlanStep, planStep } from "./command-line.ts";
import type { Family } from "./family.ts";
import { listPatches, rpmVersions, zypperOffers, zypperRepositories } from "./zypper-plan.ts";

const PKG = ["transactional-update", "-n", "pkg"] as const;

function change(step: string, question: PlanStep["question"], words: readonly string[]): PlanStep {
  return planStep({ step, question, changes: true, words: [...PKG, ...words] });
}

/**
 * SL Micro: the packages of one operation go into one call, thus one snapshot, activated by one
 * reboot. Repositories are plain zypper: `/etc` is no part of the snapshot's read-only half.
 */
export const transactionalFamily: Family = {
  key: "slmicro",
  tool: "transactional-update",
  rebootAfterChange: true,
  install: (packages) => change("install", "install", ["install", ...packageArguments(packages)]),
  uninstall: (packages) => change("uninstall", "uninstall", ["remove", ...packageArguments(packages)]),
  prepare: (packages, { force }) =>
    change("prepare", "install", [
      "in",
      "-l",
      ...(force ? ["--force-resolution"] : []),
      ...packageArguments(packages),
    ]),
  versions: rpmVersions,
  offers: zypperOffers,
  repositories: {
    ...zypperRepositories,
    refresh: () =>
      planStep({
        step: "refresh",
        question: "refresh",
        changes: true,
        words: [
          "transactional-update",
          "--continue",
          "--non-interactive",
          "run",
          "zypper",
          "--gpg-auto-import-keys",
          "-n",
          "ref",
        ],
      }),
  },
  patches: {
    list: listPatches,
    install: (patches) =>
      change("install patches", "patch", ["in", "-l", "-y", "-t", "patch", ...patchArguments(patches)]),
  },
  updatePackages: null,
  downgrade: (packages) => [
    change("downgrade", "downgrade", [
      "in",
      "--force-resolution",
      "--oldpackage",
      "-y",
      ...packages.map(versionedPackage),
    ]),
  ],
};
