// Runs a TypeScript program of this project with a Node that can: the project's own Node 24 where the
// installed one is older. Plain JavaScript on purpose: this much must run on Node 20 before anything
// is installed.
//
//   node scripts/with-node.mjs [--setup] [--build|--built] PROGRAM.ts [ARGS...]
//
// --build bundles anew, --built only where there are no bundles yet: a daemon that runs keeps its own.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const args = process.argv.slice(2);
const wants = { setup: false, build: false, built: false };
while (args[0]?.startsWith("--")) wants[args.shift().slice(2)] = true;
const [program, ...rest] = args;

function step(title, command, commandArgs) {
  const result = spawnSync(command, commandArgs, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === 0) return;
  process.stderr.write(
    `${result.stdout ?? ""}${result.stderr ?? ""}\n${title} failed (${result.error ?? `exit ${result.status}`})\n`,
  );
  process.exit(1);
}

/** What is installed is what the lock file asks for: nothing to do, and no registry to ask. */
function isSetUp() {
  const read = (...path) => {
    try {
      return readFileSync(join(root, ...path), "utf8");
    } catch {
      return null;
    }
  };
  const installed = read("node_modules", ".pnpm", "lock.yaml");
  return (
    installed !== null &&
    installed === read("pnpm-lock.yaml") &&
    existsSync(join(root, "node_modules", ".bin", "mtuictl"))
  );
}

if (wants.setup && !isSetUp()) {
  process.stderr.write("Setting up the project's packages ...\n");
  step("Setting up", "npx", ["-y", "pnpm@12", "install", "--frozen-lockfile"]);
}

const own = join(root, "node_modules", ".bin", "node");
const [major, minor] = process.versions.node.split(".").map(Number);
// Node 22 runs the bundles, but not the source as it is: there is no `using` in it.
const good = major > 24 || (major === 24 && minor >= 11);
const node = existsSync(own) ? own : good ? process.execPath : null;
if (node === null) {
  process.stderr.write(
    `Node ${process.versions.node} cannot run this and none came with the packages; install Node 24.11 or later.\n`,
  );
  process.exit(1);
}
const env = { ...process.env, PATH: `${join(root, "node_modules", ".bin")}:${process.env.PATH ?? ""}` };

const isBuilt = ["cli/dist/mtuictl", "daemon/dist/mtuid", "mcp-shim/dist/mtui-mcp"].every((bundle) =>
  existsSync(join(root, "packages", `${bundle}.mjs`)),
);
if (wants.build || (wants.built && !isBuilt)) {
  process.stderr.write("Building ...\n");
  step("The build", node, ["--conditions=mtui-source", join(root, "scripts", "bundle.ts")]);
}

// A group of its own is not wanted: Ctrl-C reaches the program as it reaches us, and we only wait for it.
const child = spawn(node, ["--conditions=mtui-source", join(root, program), ...rest], {
  stdio: "inherit",
  env,
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
