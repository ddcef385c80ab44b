import type { ReleaseKey } from "../products/product-id.ts";
import type { RridKind } from "../rrid.ts";
import type { PlanStep } from "./command-line.ts";

export interface AddRepository {
  readonly alias: string;
  readonly url: string;
  /** Requests of kind SLFO and PI come unsigned and refresh by themselves. */
  readonly kind: RridKind;
}

export interface RepositoryPlan {
  list(): PlanStep;
  add(repository: AddRepository): PlanStep;
  remove(alias: string): PlanStep;
  refresh(): PlanStep;
}

export interface PatchPlan {
  list(): PlanStep;
  install(patches: readonly string[]): PlanStep;
}

export interface PrepareOptions {
  readonly force: boolean;
  /** From repositories in test too. */
  readonly testing: boolean;
}

/**
 * The commands of one product family (docs/formats/update-workflow.md, "Commands"). Pure data: every
 * function checks its arguments and gives a plan step; the driver in the daemon runs them.
 */
export interface Family {
  readonly key: ReleaseKey;
  /** Whose exit statuses the changing steps have. */
  readonly tool: "zypper" | "transactional-update" | "yum";
  /** Changes go into a new snapshot, which a reboot activates. */
  readonly rebootAfterChange: boolean;
  install(packages: readonly string[]): PlanStep;
  uninstall(packages: readonly string[]): PlanStep;
  prepare(packages: readonly string[], options: PrepareOptions): PlanStep;
  /** Installed versions of packages. */
  versions(packages: readonly string[]): PlanStep;
  /** Versions that enabled repositories offer; null where the family has no such query. */
  readonly offers: ((packages: readonly string[]) => PlanStep) | null;
  /** null: the update's repositories are not managed on this family. */
  readonly repositories: RepositoryPlan | null;
  /** null: updates come as packages. */
  readonly patches: PatchPlan | null;
  /** Installing the update as packages, where there are no patches. */
  readonly updatePackages: ((packages: readonly string[]) => PlanStep) | null;
  /** One step or several, in order; null where the released version cannot be asked for. */
  readonly downgrade: ((packages: readonly { name: string; version: string }[]) => PlanStep[]) | null;
}
