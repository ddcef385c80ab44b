import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bakeEnvironment } from "./host/layer.ts";
import { cacheRoot } from "./packages/cache.ts";
import { mustRun } from "./process.ts";

const withoutLab = process.env.MTUI_NO_LAB !== undefined || process.getuid?.() !== 0;

/** /opt becomes a file system of its own, with a link whose target has a name of its own from the root on. */
const IN_A_NAMESPACE = `
mount -t tmpfs none /opt && echo the-machine >/opt/target && echo the-machine >/opt/file && ln -s /opt/target /opt/link
bash "$INSIDE/bake.sh"
cat /opt/target /opt/file
readlink /opt/link
cat "$ROOT/opt/link"
`;

test.skipIf(withoutLab)(
  "a layer is made without a change to the machine that carries it, whatever is a link or a file system there",
  async () => {
    mkdirSync(cacheRoot(), { recursive: true });
    const dir = mkdtempSync(join(cacheRoot(), "bake-"));
    try {
      const at = (name: string) => join(dir, name);
      for (const name of ["upper", "work", "root", "data", "skeleton", "rpms"]) mkdirSync(at(name));
      mkdirSync(at("skeleton/opt"));
      for (const name of ["link", "file"]) writeFileSync(at(`skeleton/opt/${name}`), "the-host\n");
      const stdout = await mustRun(
        ["unshare", "--mount", "--propagation", "private", "bash", "-euc", IN_A_NAMESPACE],
        {
          env: bakeEnvironment(at),
        },
      );
      expect(stdout).toBe("the-machine\nthe-machine\n/opt/target\nthe-host\n");
      expect(readFileSync(at("upper/opt/file"), "utf8")).toBe("the-host\n");
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
);
