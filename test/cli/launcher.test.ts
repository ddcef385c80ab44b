import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const PACKAGES = resolve(import.meta.dirname, "../../packages");
const LAUNCHERS = [
  ["cli", "mtuictl.js", "mtuictl.mjs"],
  ["daemon", "mtuid.js", "mtuid.mjs"],
  ["mcp-shim", "mtui-mcp.js", "mtui-mcp.mjs"],
] as const;

/** A copy of the launchers as they are installed, with bundles that only say who ran them. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mtui launch-"));
  cpSync(join(PACKAGES, "core/launch.js"), join(root, "packages/core/launch.js"));
  cpSync(join(PACKAGES, "core/package.json"), join(root, "packages/core/package.json"));
  for (const [folder, launcher] of LAUNCHERS) {
    cpSync(join(PACKAGES, folder, "bin", launcher), join(root, "packages", folder, "bin", launcher));
    writeFileSync(join(root, "packages", folder, "package.json"), '{"type":"module"}');
    mkdirSync(join(root, "packages", folder, "node_modules/@mtui"), { recursive: true });
    symlinkSync(join(root, "packages/core"), join(root, "packages", folder, "node_modules/@mtui/core"));
  }
});
afterEach(() => rmSync(root, { recursive: true }));

function build(folder: string, bundle: string): void {
  mkdirSync(join(root, "packages", folder, "dist"));
  writeFileSync(
    join(root, "packages", folder, "dist", bundle),
    "console.log(JSON.stringify({ args: process.argv.slice(2), node: process.execPath })); process.exitCode = 7;",
  );
}

function start(
  folder: string,
  launcher: string,
  { args = [], preload }: { args?: string[]; preload?: string } = {},
) {
  const env = { PATH: process.env.PATH, HOME: join(root, "home") };
  const options = preload === undefined ? [] : ["--import", preload];
  return spawnSync(process.execPath, [...options, join(root, "packages", folder, "bin", launcher), ...args], {
    env,
    encoding: "utf8",
    timeout: 10_000,
  });
}

/** What an old Node looks like to a launcher. */
function oldNode(): string {
  const path = join(root, "old.mjs");
  writeFileSync(
    path,
    'if (process.env.MTUI_RELAUNCHED !== "1") Object.defineProperty(process.versions, "node", { value: "20.9.0" });',
  );
  return path;
}

test.each(LAUNCHERS)("%s/%s runs its bundle with the arguments and exit code", (folder, launcher, bundle) => {
  build(folder, bundle);
  const { stdout, status } = start(folder, launcher, { args: ["a b", "--", ""] });
  expect({ ...JSON.parse(stdout), status }).toMatchObject({ args: ["a b", "--", ""], status: 7 });
  expect(existsSync(join(root, "home/.cache/mtui/compile"))).toBe(true);
});

test.each(LAUNCHERS)("%s/%s without a bundle says how to build it", (folder, launcher, bundle) => {
  const { stdout, stderr, status } = start(folder, launcher);
  expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
  expect(stderr).toBe(
    `${join(root, "packages", folder, "dist", bundle)} is not built yet.\nBuild it: npm run build\n`,
  );
});

test("a bundle that fails is not called missing", () => {
  mkdirSync(join(root, "packages/cli/dist"));
  writeFileSync(join(root, "packages/cli/dist/mtuictl.mjs"), 'import "no-such-package";');
  const { stderr, status } = start("cli", "mtuictl.js");
  expect(status).toBe(1);
  expect(stderr).toContain("no-such-package");
  expect(stderr).not.toContain("not built");
});

test("an old Node starts the one that came with the packages", () => {
  build("cli", "mtuictl.mjs");
  const own = join(root, "packages/cli/node_modules", `node-${process.arch}`);
  mkdirSync(join(own, "bin"), { recursive: true });
  writeFileSync(join(own, "package.json"), "{}");
  writeFileSync(join(own, "bin/node"), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`);
  chmodSync(join(own, "bin/node"), 0o755);
  const { stdout, status } = start("cli", "mtuictl.js", { args: ["x y"], preload: oldNode() });
  expect({ ...JSON.parse(stdout), status }).toMatchObject({ args: ["x y"], status: 7 });
});

test("a Node from the packages that is itself too old ends in a message, not in a loop", () => {
  build("cli", "mtuictl.mjs");
  const own = join(root, "packages/cli/node_modules", `node-${process.arch}`);
  mkdirSync(join(own, "bin"), { recursive: true });
  writeFileSync(join(own, "package.json"), "{}");
  const always = join(root, "always-old.mjs");
  writeFileSync(always, 'Object.defineProperty(process.versions, "node", { value: "20.9.0" });');
  writeFileSync(join(own, "bin/node"), `#!/bin/sh\nexec "${process.execPath}" --import "${always}" "$@"\n`);
  chmodSync(join(own, "bin/node"), 0o755);
  const { stderr, status } = start("cli", "mtuictl.js", { preload: always });
  expect(status).toBe(1);
  expect(stderr).toContain("Node 20.9.0 is too old.");
});

test("an old Node without another one says what is needed", () => {
  build("cli", "mtuictl.mjs");
  const { stdout, stderr, status } = start("cli", "mtuictl.js", { preload: oldNode() });
  expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
  expect(stderr).toBe(
    "Node 20.9.0 is too old.\nInstall Node 22.18 or later, or let the project bring its own: npx -y pnpm@12 install\n",
  );
});
