import { type InstalledVersions, parsePatches, patchesOf, type UpdateStep } from "@mtui/core/domain";
import { downgradeHost } from "./downgrade.ts";
import type { HostPlan } from "./host-plan.ts";
import { HostStop, type HostRun, runStep, shielded, stopFailed } from "./host-run.ts";
import { offeredOf, prepareHost } from "./prepare.ts";
import { rebootHost } from "./reboot.ts";
import {
  addRepositories,
  refresh,
  removeIssueRepositories,
  removeRepositoriesQuietly,
} from "./repositories.ts";
import type { UpdateSettings } from "./update.ts";
import { installedVersions } from "./versions.ts";

/** What is known of an update on one host so far; filled while it runs, so that a stop loses nothing. */
export interface UpdateEvidence {
  step: UpdateStep;
  /** null: not asked, or no usable answer. */
  before: InstalledVersions | null;
  after: InstalledVersions | null;
  /** Packages that no enabled repository offers. */
  missing: ReadonlySet<string>;
}

export function newEvidence(): UpdateEvidence {
  return { step: "notDone", before: null, after: null, missing: new Set() };
}

interface UpdateWork {
  readonly plan: HostPlan;
  readonly settings: UpdateSettings;
  readonly evidence: UpdateEvidence;
}

/**
 * The update of one host (docs/formats/update-workflow.md, "Update"). From the moment that its
 * repositories are added they are also removed, and versions asked, however it ends; a host that
 * went away is left alone.
 * @throws HostStop
 */
export async function updateHost(run: HostRun, work: UpdateWork): Promise<void> {
  const { plan, settings, evidence } = work;
  const tracked = Object.keys(plan.required);
  if (settings.clean === true) await cleanBaseline(run, plan);
  if (!settings.noprepare) {
    const prepared = { force: false, installed: false, testing: false };
    evidence.missing = await prepareHost(run, { plan, settings: prepared });
  }
  evidence.before = await installedVersions(run, tracked);
  if (settings.noprepare && [...evidence.before.values()].includes(null)) {
    evidence.missing = (await offeredOf(run, plan)).missing;
  }
  const begun = { install: false };
  try {
    await install(run, { ...work, begun });
  } catch (thrown) {
    if (thrown instanceof HostStop) await afterFailure(run, { ...work, stop: thrown, begun: begun.install });
    throw thrown;
  }
  const left = await shielded(run, () => removeRepositoriesQuietly(run, plan));
  // Somebody else has the host now: what is installed there says nothing about this update any more.
  if (left?.error.kind === "lock.lost") throw left;
  evidence.after = await installedVersions(run, tracked);
}

async function cleanBaseline(run: HostRun, plan: HostPlan): Promise<void> {
  const removed = await removeIssueRepositories(run, plan);
  if (removed > 0) run.warnings.push(`${removed} repositories left behind by other updates were removed`);
}

async function install(run: HostRun, work: UpdateWork & { begun: { install: boolean } }): Promise<void> {
  const { plan, settings, evidence, begun } = work;
  const { family } = plan;
  await addRepositories(run, plan);
  await refresh(run, plan);
  const step = family.patches === null ? family.updatePackages?.(plan.packages) : await patchStep(run, plan);
  if (step === undefined || step === null)
    throw stopFailed("install patches: this family has no way to update");
  begun.install = true;
  await runStep(run, { plan: step, tool: family.tool });
  // Checked: only now is the new snapshot booted.
  if (family.rebootAfterChange) await rebootHost(run);
  if (family.patches !== null)
    await runStep(run, { plan: family.patches.list(), tool: "zypper", tolerate: true });
  if (settings.newpackage) {
    const prepared = { force: false, installed: false, testing: true };
    evidence.missing = await prepareHost(run, { plan, settings: prepared });
  }
  evidence.step = "ok";
}

/** The patches of this update and of no other; none is a failure, since then nothing is tested. */
async function patchStep(
  run: HostRun,
  { family, suffix }: HostPlan,
): Promise<ReturnType<NonNullable<HostPlan["family"]["patches"]>["install"]> | null> {
  if (family.patches === null) return null;
  const answer = await runStep(run, { plan: family.patches.list(), tool: "zypper" });
  if (!answer.complete) throw stopFailed("list patches: the answer is too long to be kept");
  const rows = patchesOf(parsePatches(answer.stdout) ?? [], suffix);
  if (rows.length > 0) return family.patches.install(rows.map(({ name }) => name));
  throw stopFailed(
    `list patches: no patch comes from a repository of this update (${suffix.slice(1)})`,
    "Look at the refresh of the update's repository in the host's log; its metadata may not be published yet.",
  );
}

async function afterFailure(
  run: HostRun,
  work: UpdateWork & { stop: HostStop; begun: boolean },
): Promise<void> {
  const { plan, settings, evidence, stop, begun } = work;
  if (stop.state === "lost" || stop.state === "unreachable") {
    evidence.step = "lost";
    return;
  }
  if (stop.stillRunning) {
    run.warnings.push(
      "the command may still run on the host: its repositories and packages were left as they are",
    );
    evidence.step = stop.state === "cancelled" ? "notDone" : "failed";
    return;
  }
  if (stop.state === "cancelled" || stop.state === "notRun") {
    await shielded(run, () => removeRepositoriesQuietly(run, plan));
    return;
  }
  evidence.step = "failed";
  // Without the lock nothing more may be changed; what can be read is read.
  const locked = run.lock !== null && stop.error.kind !== "lock.lost";
  await shielded(run, async () => {
    if (locked) await removeRepositoriesQuietly(run, plan);
    evidence.after = await quietVersions(run, Object.keys(plan.required));
    if (begun && locked && settings.rollback !== false) await rollBack(run, plan);
  });
}

async function quietVersions(run: HostRun, packages: readonly string[]): Promise<InstalledVersions | null> {
  try {
    return await installedVersions(run, packages);
  } catch (thrown) {
    if (!(thrown instanceof HostStop)) throw thrown;
    run.warnings.push(thrown.message);
    return null;
  }
}

async function rollBack(run: HostRun, plan: HostPlan): Promise<void> {
  run.context.progress?.(run.name, { step: "roll back", state: "running" });
  try {
    await downgradeHost(run, plan);
    run.warnings.push("the update failed and was rolled back to the released versions");
  } catch (thrown) {
    if (!(thrown instanceof HostStop)) throw thrown;
    run.warnings.push(`the update failed and so did its roll-back: ${thrown.message}`);
  }
}
