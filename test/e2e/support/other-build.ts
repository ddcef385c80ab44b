import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const DAEMON = resolve(import.meta.dirname, "../../../packages/daemon");

export interface OtherBuild extends AsyncDisposable {
  /** The program, for `$MTUID`. */
  readonly mtuid: string;
}

/** The same daemon under the name of another build, as after an update of the package. */
export async function otherBuild(): Promise<OtherBuild> {
  const folder = await mkdtemp(join(tmpdir(), "mtui-build-"));
  const mtuid = join(folder, "mtuid.mjs");
  const bundle = await readFile(join(DAEMON, "dist/mtuid.mjs"), "utf8");
  const renamed = bundle.replace(/(\bBUILD = [^;]*?")[0-9a-f]{12}(")/, "$1000000000000$2");
  if (renamed === bundle) throw new Error("the daemon's bundle does not say which build it is");
  await writeFile(mtuid, renamed);
  // What is not in the bundle is found as the daemon finds it.
  await symlink(join(DAEMON, "node_modules"), join(folder, "node_modules"));
  return { mtuid, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
