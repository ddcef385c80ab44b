import { copyFile, link, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { escapeXml } from "../text.ts";
import { mustRun } from "../process.ts";
import { buildRpms, type Rpm } from "./rpm.ts";
import type { PackageSpec } from "./spec.ts";

/** What makes `zypper patches` show an update. */
export interface Patch {
  id: string;
  title: string;
  category: "security" | "recommended" | "optional" | "feature";
  severity: string;
  /** Bugs and the like: id and title. */
  references: { id: string; title: string }[];
  rebootNeeded?: boolean;
}

export interface RepositoryContent {
  packages: readonly PackageSpec[];
  /** Each covers all packages. */
  patches: readonly Patch[];
}

/** How a repository is written; scripted hosts have their own. */
export type RepositoryWriter = (dir: string, content: RepositoryContent) => Promise<void>;

/** Build the packages and write an rpm-md repository, with real patch metadata if there are patches. */
export async function writeRepository(dir: string, content: RepositoryContent): Promise<void> {
  const rpms = await buildRpms(content.packages);
  await mkdir(dir, { recursive: true });
  await Promise.all(rpms.map((rpm) => linkOrCopy(join(rpm.dir, rpm.file), join(dir, rpm.file))));
  await mustRun(["createrepo_c", "--quiet", "--no-database", "--workers", "1", dir]);
  if (content.patches.length === 0) return;
  const info = join(dir, "updateinfo.xml");
  await writeFile(info, updateInfo(content.patches, rpms));
  await mustRun(["modifyrepo_c", "--mdtype=updateinfo", info, join(dir, "repodata")]);
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") await copyFile(from, to);
  });
}

function updateInfo(patches: readonly Patch[], packages: readonly Rpm[]): string {
  const updates = patches.map((patch) => {
    const references = patch.references.map(
      (r) =>
        `<reference href="https://bugzilla.example.com/${r.id}" id="${escapeXml(r.id)}" title="${escapeXml(r.title)}" type="bugzilla"/>`,
    );
    const files = packages.map(({ spec, file }) => {
      const dash = spec.version.lastIndexOf("-");
      return `<package name="${spec.name}" epoch="0" version="${spec.version.slice(0, dash)}" release="${spec.version.slice(dash + 1)}" arch="noarch"><filename>${file}</filename>${patch.rebootNeeded === true ? "<reboot_suggested>1</reboot_suggested>" : ""}</package>`;
    });
    return `<update from="maintenance@example.com" status="stable" type="${patch.category}" version="1">
<id>${escapeXml(patch.id)}</id><title>${escapeXml(patch.title)}</title><severity>${escapeXml(patch.severity)}</severity>
<release>Lab</release><issued date="1700000000"/><references>${references.join("")}</references>
<description>${escapeXml(patch.title)}</description>
<pkglist><collection short="lab">${files.join("\n")}</collection></pkglist></update>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<updates>${updates.join("\n")}</updates>\n`;
}
