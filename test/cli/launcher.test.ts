import { spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
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

const SAY_HOW =
  "console.log(JSON.stringify({ args: process.argv.slice(2), node: process.execPath })); process.exitCode = 7;";

function build(folder: string, bundle: string, text = SAY_HOW): void {
  mkdirSync(join(root, "packages", folder, "dist"));
  writeFileSync(join(root, "packages", folder, "dist", bundle), text);
}

/** A Node that came with the packages: the one that runs this test. */
function bringNode(folder: string, options = ""): void {
  const own = join(root, "packages", folder, "node_modules", `node-${process.arch}`);
  mkdirSync(join(own, "bin"), { recursive: true });
  writeFileSync(join(own, "package.json"), "{}");
  writeFileSync(join(own, "bin/node"), `#!/bin/sh\nexec "${process.execPath}" ${options} "$@"\n`);
  chmodSync(join(own, "bin/node"), 0o755);
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

/** A Node of another version, for whoever asks it. */
function pretending(version: string): string {
  const path = join(root, "pretending.mjs");
  writeFileSync(path, `Object.defineProperty(process.versions, "node", { value: "${version}" });`);
  return path;
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
  bringNode("cli");
  const { stdout, status } = start("cli", "mtuictl.js", { args: ["x y"], preload: oldNode() });
  expect({ ...JSON.parse(stdout), status }).toMatchObject({ args: ["x y"], status: 7 });
});

test("a Node from the packages that is itself too old ends in a message, not in a loop", () => {
  build("cli", "mtuictl.mjs");
  const always = pretending("20.9.0");
  bringNode("cli", `--import "${always}"`);
  const { stderr, status } = start("cli", "mtuictl.js", { preload: always });
  expect(status).toBe(1);
  expect(stderr).toContain("Node 20.9.0 cannot run this;");
});

test("an old Node without another one says what is needed", () => {
  build("cli", "mtuictl.mjs");
  const { stdout, stderr, status } = start("cli", "mtuictl.js", { preload: oldNode() });
  expect({ stdout, status }).toEqual({ stdout: "", status: 1 });
  expect(stderr).toBe(
    "Node 20.9.0 cannot run this; it needs Node 22.18 or a later 22, or 24.11 or later.\nInstall one of those, or let the project bring its own: npx -y pnpm@12 install\n",
  );
});

test.each([
  ["22.17.1", false],
  ["22.18.0", true],
  ["22.99.0", true],
  ["23.11.0", false],
  ["24.10.0", false],
  ["24.11.0", true],
  ["25.0.0", true],
])("Node %s will do: %s", (version, runs) => {
  build("cli", "mtuictl.mjs");
  expect(start("cli", "mtuictl.js", { preload: pretending(version) }).status).toBe(runs ? 7 : 1);
});

test("all programs ask for the same", () => {
  const asked = LAUNCHERS.map(([folder, launcher]) => {
    const text = readFileSync(join(PACKAGES, folder, "bin", launcher), "utf8");
    return text.split("\n").filter((line) => /major|minor/.test(line));
  });
  expect(asked[0]).toHaveLength(2);
  expect(new Set(asked.map((lines) => lines.join("\n")))).toHaveLength(1);
});

test("the packages promise it, and the bundles are made for the oldest of them", () => {
  for (const folder of ["cli", "core", "daemon", "mcp-shim"]) {
    const { engines } = JSON.parse(readFileSync(join(PACKAGES, folder, "package.json"), "utf8"));
    expect(engines, folder).toEqual({ node: "^22.18 || >=24.11" });
  }
  expect(readFileSync(join(PACKAGES, "../scripts/bundle.ts"), "utf8")).toContain('target: "node22.18"');
});

test("no warning about SQLite, but every other", () => {
  const other = 'process.emitWarning("Another is an experimental feature", "ExperimentalWarning");';
  const sqlite =
    'process.emitWarning("SQLite is an experimental feature and might change", "ExperimentalWarning");';
  build("daemon", "mtuid.mjs", `import "node:sqlite"; ${sqlite} ${other}`);
  const { stderr, status } = start("daemon", "mtuid.js");
  expect(status).toBe(0);
  expect(stderr).toContain("ExperimentalWarning: Another");
  expect(stderr).not.toContain("SQLite");
});

test("an old Node hands the socket of systemd on to the other", () => {
  const seen = `import { fstatSync } from "node:fs";
    console.log(process.env.LISTEN_PID === String(process.pid), process.env.LISTEN_FDS, fstatSync(3).ino);`;
  build("daemon", "mtuid.mjs", seen);
  bringNode("daemon");
  const given = join(root, "packages/daemon/package.json");
  const file = openSync(given, "r");
  const args = ["-c", 'export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"', "sh", process.execPath];
  const launch = ["--import", oldNode(), join(root, "packages/daemon/bin/mtuid.js")];
  const { stdout, stderr } = spawnSync("sh", [...args, ...launch], {
    env: { PATH: process.env.PATH, HOME: join(root, "home") },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe", file],
    timeout: 10_000,
  });
  closeSync(file);
  expect({ stdout, stderr }).toEqual({ stdout: `true 1 ${statSync(given).ino}\n`, stderr: "" });
});
