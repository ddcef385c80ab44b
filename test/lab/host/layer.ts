import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cached, contentKey } from "../packages/cache.ts";
import { BASE_PACKAGE, CATALOGUE } from "../packages/catalogue.ts";
import { buildRpms } from "../packages/rpm.ts";
import { packageSpec, rpmSpecText } from "../packages/spec.ts";
import { mustRun } from "../process.ts";
import type { ResolvedSpec } from "../spec.ts";
import { type SkeletonFile, skeleton } from "./skeleton.ts";

const INSIDE = join(import.meta.dirname, "..", "inside");

/** What bake.sh is told. */
export function bakeEnvironment(at: (name: string) => string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin",
    INSIDE,
    UPPER: at("upper"),
    WORK: at("work"),
    ROOT: at("root"),
    DATA: at("data"),
    SKELETON: at("skeleton"),
    RPMS: at("rpms"),
  };
}

/** The scripts that run inside a host, by file name. */
export async function insideScripts(): Promise<Map<string, string>> {
  const names = (await readdir(INSIDE)).filter((name) => name.endsWith(".sh"));
  return new Map(
    await Promise.all(names.map(async (n) => [n, await readFile(join(INSIDE, n), "utf8")] as const)),
  );
}

/**
 * The layer that all hosts of one product start from: skeleton and rpm database, as the upper directory
 * of an overlay of `/`. A host takes a copy; as a second lower directory the kernel refuses it, because
 * it lies below `/` itself.
 */
export async function bakedLayer(spec: ResolvedSpec): Promise<string> {
  const inside = await insideScripts();
  const files = skeleton(spec, inside);
  const packages = [
    BASE_PACKAGE,
    ...CATALOGUE.filter((p) => !spec.without.includes(p.name)),
    ...spec.packages.map(packageSpec),
  ];
  const scripts = [inside.get("bake.sh"), inside.get("mounts.sh")];
  const dir = await cached("layer", {
    key: contentKey("layer-1", [...files], packages.map(rpmSpecText), scripts),
    make: async (scratch) => {
      const rpms = await buildRpms(packages);
      const at = (name: string) => join(scratch, name);
      for (const name of ["upper", "work", "root", "data", "skeleton", "rpms"]) await mkdir(at(name));
      await writeSkeleton(at("skeleton"), files);
      await mustRun(["cp", ...rpms.map((rpm) => join(rpm.dir, rpm.file)), at("rpms")]);
      await mustRun(
        [
          "unshare",
          "--mount",
          "--propagation",
          "private",
          "--pid",
          "--fork",
          "--kill-child",
          "--",
          "bash",
          join(INSIDE, "bake.sh"),
          ...rpms.map((rpm) => rpm.file),
        ],
        {
          env: bakeEnvironment(at),
        },
      );
      for (const name of ["work", "root", "data", "skeleton", "rpms"]) {
        await rm(at(name), { recursive: true, force: true });
      }
    },
  });
  return join(dir, "upper");
}

async function writeSkeleton(root: string, files: ReadonlyMap<string, SkeletonFile>): Promise<void> {
  await chmod(root, 0o755);
  for (const [path, file] of files) {
    const place = join(root, path);
    await mkdir(dirname(place), { recursive: true });
    if ("link" in file) await symlink(file.link, place);
    else await writeFile(place, file.text, { mode: file.mode ?? 0o644 });
  }
}
