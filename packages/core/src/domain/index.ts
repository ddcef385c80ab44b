/** The domain: pure data and rules, no I/O. One line for each file that others use. */
export { printable } from "./grammar/control-characters.ts";
export { isHostName } from "./grammar/host-name.ts";
export { isPackageName, isPackageVersion } from "./grammar/package.ts";
export { isRepositoryUrl } from "./grammar/repository-url.ts";
export { filterHosts, type HostFilters, poolText } from "./inventory/filter-hosts.ts";
export {
  type DroppedRow,
  type Inventory,
  INVENTORY_LIMITS,
  parseInventory,
} from "./inventory/parse-inventory.ts";
export {
  type InventoryProduct,
  type ProductVersion,
  type RefHost,
  versionText,
} from "./inventory/refhost.ts";
export {
  formatLock,
  LOCK_FILE_LIMIT,
  type LockFile,
  type LockRecord,
  parseLockFile,
} from "./locks/lock-record.ts";
export {
  type OurComment,
  ourComment,
  ourLockUser,
  parseOurComment,
  readableComment,
} from "./locks/our-comment.ts";
export { compareWithInventory } from "./products/compare-with-inventory.ts";
export { OLD_RED_HAT, parseOsRelease } from "./products/os-release.ts";
export { parseProdFile } from "./products/prod-file.ts";
export type { HostFacts, ProductId, ReleaseKey } from "./products/product-id.ts";
export { releaseKey } from "./products/release-key.ts";
export { syntheticAddons, systemText } from "./products/system-text.ts";
export { compareRpmVersions } from "./rpm-version.ts";
export { parseRrid, type Rrid, type RridKind, workspaceOf } from "./rrid.ts";
export type { Lack, NearHost } from "./slots/lacks.ts";
export { isNamed } from "./slots/order-candidates.ts";
export {
  type MissingSlot,
  type PlannedSlot,
  type PlanOptions,
  planSlots,
  type SlotPlan,
} from "./slots/plan-slots.ts";
export { sameSlot, type Slot, slotKey, slotText } from "./slots/slot.ts";
export { type MetadataRow, metadataRows, metadataRowText } from "./template/metadata-rows.ts";
export { readReport, type TemplateFiles } from "./template/read-report.ts";
export { requiredPackages } from "./template/required-packages.ts";
export type { TestReport, UpdateRepository } from "./template/test-report.ts";
export { matchesQuery } from "./testplatform/match.ts";
export { parseTestplatform, type Testplatform } from "./testplatform/parse.ts";
export type { PlatformQuery, QueriedProduct, QueriedVersion } from "./testplatform/query.ts";
export { queryHosts, searchHosts } from "./testplatform/search.ts";
export { commandLine, type PlanStep } from "./families/command-line.ts";
export type { Family, PatchPlan, PrepareOptions, RepositoryPlan } from "./families/family.ts";
export { FAMILIES, familyOf } from "./families/family-of.ts";
export { ISSUE_PREFIX, repositoryAlias, repositorySuffix } from "./families/repository-alias.ts";
export { rpmVersions, zypperRepositories } from "./families/zypper-plan.ts";
export {
  type HostVerdict,
  hostVerdict,
  type PackageEvidence,
  type PackageVerdict,
  packageVerdict,
  type SeenVersion,
  type UpdateStep,
  type UpdateVerdict,
  updateVerdict,
} from "./verdict.ts";
export { type ExitMeaning, type Question, ZYPPER_EXITS, zypperExit } from "./zypper/exit-codes.ts";
export { type Answer, type Judgement, judge } from "./zypper/judge.ts";
export { type PatchRow, parsePatches, patchesOf } from "./zypper/patches.ts";
export { parseRepositories, type RepositoryRow, sameUrl } from "./zypper/repositories.ts";
export { type InstalledVersions, parseInstalled } from "./zypper/rpm-query.ts";
export { highestOffers, type OfferRow, parseOffers, searchedEverything } from "./zypper/search.ts";
export { exportReport } from "./report-log/export-report.ts";
export { installLogText, type LoggedCommand } from "./report-log/install-log.ts";
export { answerQuestions, type ReportAnswers } from "./report-log/questions.ts";
export type { ReportedHost, ReportExport } from "./report-log/reported-host.ts";
