import { chmod, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { RepositoryContent } from "../packages/repository.ts";

/** What the zypper stand-in reads in the place of rpm-md: a line a package, a line a patch. */
export async function writeScriptedRepository(dir: string, content: RepositoryContent): Promise<void> {
  const lines = [
    ...content.packages.map((p) => `package ${p.name} ${p.version} ${p.slowSeconds ?? 0}`),
    ...content.patches.map((p) => `patch ${p.id} ${p.category} ${p.severity}`),
  ];
  if (content.packages.some((p) => p.failing !== undefined || p.requires !== undefined)) {
    throw new Error("lab: scripted hosts have no scriptlets and no dependencies");
  }
  await mkdir(dir, { recursive: true });
  const file = join(dir, "lab-repository");
  await writeFile(file, `${lines.join("\n")}\n`);
  // Commands of hosts may run as somebody else, and the umask may be strict.
  await chmod(file, 0o644);
  for (let d = dir; ; d = dirname(d)) {
    await chmod(d, 0o755);
    if (basename(d) === "www") break;
  }
}
