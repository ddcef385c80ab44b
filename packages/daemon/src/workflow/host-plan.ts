import { type Family, familyOf, repositoryAlias, repositorySuffix, type RridKind } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";
import type { WorkflowContext, WorkflowHost } from "./context.ts";

export interface PlannedRepository {
  readonly alias: string;
  readonly url: string;
}

/** What an operation will use on one host, resolved before anything is locked. */
export interface HostPlan {
  readonly family: Family;
  /** Packages to prepare: the host's list without what is never to be installed. */
  readonly packages: readonly string[];
  /** All tracked packages with the version that each must reach. */
  readonly required: Readonly<Record<string, string>>;
  readonly repositories: readonly PlannedRepository[];
  /** How this update's repositories end, whoever added them. */
  readonly suffix: string;
  readonly kind: RridKind;
}

/** Both of a pair of branding packages can never be installed: these are the ones that give way. */
const LEFT_OUT = "branding-upstream";

export function isLeftOut(name: string): boolean {
  return name.includes(LEFT_OUT);
}

/**
 * @throws MtuiError workspace.empty without a report, host.unsupported without a family,
 *   template.invalid when the report has nothing for this host
 */
export function planHost(context: WorkflowContext, host: WorkflowHost): HostPlan {
  const { rrid } = context;
  const { facts } = host.session;
  if (rrid === null) {
    throw new MtuiError("workspace.empty", `No test report is loaded in workspace ${context.workspace}.`, {
      hint: `mtuictl load-template -w ${context.workspace} RRID`,
    });
  }
  const family = familyOf(facts);
  const packages = Object.keys(host.required).sort();
  if (packages.length === 0) {
    throw nothingFor(`${rrid.text} has no packages for product version ${facts.base.version}.`);
  }
  return {
    family,
    packages: packages.filter((name) => !isLeftOut(name)),
    required: host.required,
    repositories: host.repositories.map(({ product, url }) => ({
      alias: repositoryAlias(product, rrid),
      url,
    })),
    suffix: repositorySuffix(rrid),
    kind: rrid.kind,
  };
}

/** For operations that add the update's repositories: without one there is nothing to install from. */
export function planWithRepositories(context: WorkflowContext, host: WorkflowHost): HostPlan {
  const plan = planHost(context, host);
  if (plan.repositories.length > 0 || plan.family.repositories === null) return plan;
  throw nothingFor(`${context.rrid?.text} has no repository for the products of ${host.session.name}.`);
}

function nothingFor(message: string): MtuiError {
  return new MtuiError("template.invalid", message, {
    hint: "Compare the report's metadata.json and project.xml with the host's products: mtuictl list-hosts.",
  });
}
