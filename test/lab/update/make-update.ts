import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RepositoryWriter } from "../packages/repository.ts";
import { type PackageLike, type PackageSpec, packageSpec } from "../packages/spec.ts";
import type { ResolvedSpec } from "../spec.ts";
import { askedVersions, targetsFor, type UpdateTarget } from "./targets.ts";
import { templateFiles } from "./template-files.ts";
import { type MadeUpdate, repositoryDirectory, type UpdateSpec } from "./update-spec.ts";

export interface UpdatePlaces {
  /** Document root and its URL with a trailing slash. */
  www: string;
  url: string;
  templateDir: string;
  hosts: readonly ResolvedSpec[];
  writeRepository: RepositoryWriter;
}

export async function makeUpdate(spec: UpdateSpec, places: UpdatePlaces): Promise<MadeUpdate> {
  const [, kind, incident, review] = spec.rrid.split(":");
  if (kind === undefined || incident === undefined || review === undefined || /[/\s]/.test(spec.rrid)) {
    throw new Error(`lab: not an RRID: ${spec.rrid}`);
  }
  const byVersion = packagesByVersion(spec, kind);
  const standard = byVersion.standard;
  const versions = standard === undefined ? Object.keys(byVersion) : askedVersions(spec.testplatforms);
  const targets = [...(spec.targets ?? targetsFor(versions, places.hosts))];
  const root = `ibs/${review}/SUSE:/${kind}:/${incident}`;
  await rm(join(places.www, root), { recursive: true, force: true });
  const repositories: MadeUpdate["repositories"] = [];
  for (const target of targets) {
    const packages = standard ?? byVersion[target.version] ?? [];
    for (const arch of target.archs) {
      const name = repositoryDirectory(kind, { ...target, arch });
      await places.writeRepository(join(places.www, root, name), {
        packages,
        patches: spec.patch === false ? [] : [patchOf(spec, { incident, target })],
      });
      const slash = kind === "Maintenance" ? "" : "/";
      repositories.push({
        product: target.product,
        version: target.version,
        arch,
        url: `${places.url}${root}/${name}${slash}`,
      });
    }
  }
  const made: MadeUpdate = {
    rrid: spec.rrid,
    dir: join(places.templateDir, spec.rrid),
    targets,
    repositories,
    packages: Object.fromEntries(
      Object.entries(byVersion).map(([version, list]) => [
        version,
        Object.fromEntries(list.map((p) => [p.name, p.version])),
      ]),
    ),
  };
  const files = templateFiles(made, { spec, kind, incident, repository: `${places.url}${root}/` });
  await mkdir(made.dir, { recursive: true });
  for (const [name, text] of files) {
    if (spec.omit?.some((left) => left === name) !== true) await writeFile(join(made.dir, name), text);
  }
  return made;
}

function packagesByVersion(spec: UpdateSpec, kind: string): Record<string, PackageSpec[]> {
  const given = spec.packages;
  const lists: Record<string, readonly PackageLike[]> = Array.isArray(given)
    ? kind === "Maintenance"
      ? Object.fromEntries(askedVersions(spec.testplatforms).map((version) => [version, given]))
      : { standard: given }
    : (given as Record<string, readonly PackageLike[]>);
  return Object.fromEntries(Object.entries(lists).map(([version, list]) => [version, list.map(packageSpec)]));
}

function patchOf(spec: UpdateSpec, of: { incident: string; target: UpdateTarget }) {
  const { product, version } = of.target;
  return {
    id: `SUSE-${product}-${version}-2099-${of.incident}`,
    title: `Update of ${spec.rrid}`,
    category: spec.category ?? "recommended",
    severity: spec.rating ?? "moderate",
    references: Object.entries(spec.bugs ?? {}).map(([id, title]) => ({ id, title })),
  } as const;
}
