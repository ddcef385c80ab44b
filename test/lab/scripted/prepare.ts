import { chmod, chown, copyFile, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { skeleton } from "../host/skeleton.ts";
import { CATALOGUE } from "../packages/catalogue.ts";
import { packageSpec } from "../packages/spec.ts";
import type { ResolvedSpec } from "../spec.ts";

const BIN = join(import.meta.dirname, "bin");

/** Fill the directory of a scripted host. `user` is who its commands run as, if not we. */
export async function prepareScripted(
  dir: string,
  options: { spec: ResolvedSpec; releasedUrl: string; user: number | null },
): Promise<{ root: string; share: string }> {
  const { spec, user } = options;
  const root = join(dir, "root");
  const share = join(dir, "share");
  await mkdir(share, { recursive: true, mode: 0o755 });
  await writeFile(join(share, "events"), "");
  for (const d of [
    "bin",
    "root",
    "run",
    "var/lock",
    "var/log",
    "var/lib",
    "etc/zypp/repos.d",
    "proc/sys/kernel/random",
  ]) {
    await mkdir(join(root, d), { recursive: true });
  }
  for (const [path, file] of skeleton(spec, new Map())) {
    if (!/^etc\/(products\.d\/|os-release)|transactional-update\.conf$/.test(path)) continue;
    const place = join(root, path);
    await mkdir(dirname(place), { recursive: true });
    // The base product is a link; its target stands beside it.
    if ("link" in file) await symlink(file.link, place);
    else await writeFile(place, file.text);
  }
  for (const name of await readdir(BIN)) {
    const place = join(root, "bin", name.replace(/\.sh$/, ""));
    await copyFile(join(BIN, name), place);
    await chmod(place, 0o755);
  }
  const installed = [
    ...CATALOGUE.filter((p) => !spec.without.includes(p.name)),
    ...spec.packages.map(packageSpec),
  ];
  await writeFile(
    join(root, "var/lib/lab-packages"),
    installed.map((p) => `${p.name} ${p.version}\n`).join(""),
  );
  await writeFile(
    join(root, "etc/zypp/repos.d/released.repo"),
    `[released]\nbaseurl=${options.releasedUrl}\n`,
  );
  await writeFile(join(root, "proc/sys/kernel/random/boot_id"), `${randomUUID()}\n`);
  if (user !== null) {
    for (const d of [dirname(dir), dir]) await chmod(d, 0o711);
    await giveTo(root, user);
  }
  return { root, share };
}

async function giveTo(root: string, user: number): Promise<void> {
  await chown(root, user, user);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) await chown(join(entry.parentPath, entry.name), user, user);
  }
}
