import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "../process.ts";
import { cached, contentKey } from "./cache.ts";
import { type PackageSpec, rpmSpecText } from "./spec.ts";

/** A built package. */
export interface Rpm {
  spec: PackageSpec;
  /** File name, `name-version-release.noarch.rpm`. */
  file: string;
  /** Directory in the cache that holds the file. */
  dir: string;
}

// Two machines' worth of cores is what the smallest CI has; more at once only slows each other down.
const AT_ONCE = 4;

/** Build what is not in the cache yet; the order is that of `specs`. */
export async function buildRpms(specs: readonly PackageSpec[]): Promise<Rpm[]> {
  const built: Rpm[] = [];
  for (let i = 0; i < specs.length; i += AT_ONCE) {
    built.push(...(await Promise.all(specs.slice(i, i + AT_ONCE).map(buildRpm))));
  }
  return built;
}

async function buildRpm(spec: PackageSpec): Promise<Rpm> {
  const text = rpmSpecText(spec);
  const dir = await cached("rpm", {
    key: contentKey("rpm-1", text),
    make: async (scratch) => {
      await writeFile(join(scratch, "package.spec"), text);
      await mustRun([
        "rpmbuild",
        "-bb",
        "--quiet",
        "--nodeps",
        ...["_topdir", "_rpmdir", "_builddir", "_buildrootdir"].flatMap((macro) => [
          "--define",
          `${macro} ${macro === "_rpmdir" ? scratch : join(scratch, "build")}`,
        ]),
        "--define",
        "_rpmfilename %%{NAME}-%%{VERSION}-%%{RELEASE}.noarch.rpm",
        // The distribution's hooks look into files for dependencies and debug data; there is nothing to find.
        "--define",
        "__os_install_post %{nil}",
        join(scratch, "package.spec"),
      ]);
      await mustRun(["rm", "-rf", join(scratch, "build")]);
    },
  });
  const file = (await readdir(dir)).find((name) => name.endsWith(".rpm"));
  if (file === undefined) throw new Error(`lab: rpmbuild made no package of ${spec.name}`);
  return { spec, file, dir };
}
