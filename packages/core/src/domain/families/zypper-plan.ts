import {
  aliasArgument,
  foreignAliasArgument,
  packageArguments,
  patchArguments,
  urlArgument,
  versionedPackage,
} from "./arguments.ts";
import { type PlanStep, planStep } from "./command-line.ts";
import type { Family, RepositoryPlan } from "./family.ts";

const ZYPPER = ["zypper", "-n"] as const;

/** A line feed that rpm's own format language writes: no control character crosses the shell. */
const VERSION_FORMAT = "%{NAME} %{VERSION}-%{RELEASE}\\n";

/** Installed versions, the same on every family that has rpm. */
export function rpmVersions(packages: readonly string[]): PlanStep {
  return planStep({
    step: "query versions",
    question: "versions",
    changes: false,
    words: ["rpm", "-q", "--queryformat", VERSION_FORMAT, ...packageArguments(packages)],
  });
}

export function zypperOffers(packages: readonly string[]): PlanStep {
  return planStep({
    step: "query offers",
    question: "search",
    changes: false,
    words: [...ZYPPER, "se", "-s", "--match-exact", "-t", "package", ...packageArguments(packages)],
  });
}

export const zypperRepositories: RepositoryPlan = {
  list: () =>
    planStep({
      step: "list repositories",
      question: "listRepositories",
      changes: false,
      words: [...ZYPPER, "lr", "-puU"],
    }),
  add: ({ alias, url, kind }) => {
    const name = aliasArgument(alias);
    const flags = kind === "Maintenance" ? "-ckn" : "-cfGkn";
    return planStep({
      step: "add repository",
      question: "addRepository",
      changes: true,
      words: [...ZYPPER, "ar", flags, name, urlArgument(url), name],
    });
  },
  remove: (alias) =>
    planStep({
      step: "remove repository",
      question: "removeRepository",
      changes: true,
      words: [...ZYPPER, "rr", foreignAliasArgument(alias)],
    }),
  refresh: () => planStep({ step: "refresh", question: "refresh", changes: true, words: [...ZYPPER, "ref"] }),
};

export function listPatches(): PlanStep {
  return planStep({
    step: "list patches",
    question: "listPatches",
    changes: false,
    words: [...ZYPPER, "patches"],
  });
}

/** SUSE Linux Enterprise 11 to 16 without snapshots: one table for all four. */
export function zypperFamily(key: "11" | "12" | "15" | "16"): Family {
  const change = (step: string, question: PlanStep["question"], words: readonly string[]): PlanStep =>
    planStep({ step, question, changes: true, words: [...ZYPPER, ...words] });
  return {
    key,
    tool: "zypper",
    rebootAfterChange: false,
    install: (packages) => change("install", "install", ["in", "-y", "-l", ...packageArguments(packages)]),
    uninstall: (packages) => change("uninstall", "uninstall", ["rm", ...packageArguments(packages)]),
    prepare: (packages, { force }) =>
      change("prepare", "install", [
        "in",
        "-y",
        "-l",
        ...(force ? ["--force-resolution"] : []),
        ...packageArguments(packages),
      ]),
    versions: rpmVersions,
    offers: zypperOffers,
    repositories: zypperRepositories,
    patches: {
      list: listPatches,
      install: (patches) =>
        change("install patches", "patch", ["in", "-l", "-y", "-t", "patch", ...patchArguments(patches)]),
    },
    updatePackages: null,
    downgrade: (packages) =>
      packages.map((each) =>
        change("downgrade", "downgrade", [
          "in",
          "-C",
          "--force-resolution",
          "--oldpackage",
          "-y",
          versionedPackage(each),
        ]),
      ),
  };
}
