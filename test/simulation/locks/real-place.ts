import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fenceSteps } from "../../../packages/daemon/src/hosts/fence-script.ts";
import type { LockPort } from "../../../packages/daemon/src/hosts/lock-port.ts";
import { controlPreamble, lockFunctions } from "../../../packages/daemon/src/hosts/lock-script.ts";
import type { RemotePaths } from "../../../packages/daemon/src/hosts/remote-paths.ts";
import type { HeldLock } from "../../../packages/daemon/src/hosts/session.ts";
import { shellLockPort } from "../../../packages/daemon/src/hosts/shell-lock-port.ts";
import type { Entry, Place, PlaceState } from "./places.ts";

/** The real scripts in a private directory, by a shell of this machine. */
export function realPlace(shell: readonly string[]): Place & { open(name: string): () => string } {
  const lockDir = mkdtempSync(join(tmpdir(), "mtui-lock-model-"));
  const paths: RemotePaths = { lockDir, history: join(lockDir, "history"), perl: "" };
  const [program = "sh", ...words] = shell;
  const run = (script: string): { status: number; output: Buffer } => {
    const { status, stdout } = spawnSync(program, [...words, "-c", script], {
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    });
    return { status: status ?? -1, output: stdout };
  };
  const port: LockPort = shellLockPort({
    link: {
      connected: true,
      control: async (script) => await Promise.resolve(run(`${controlPreamble(paths)}\n{ ${script}\n}`)),
    },
    paths,
  });
  return {
    port,
    fenced: async (locks, release) => await Promise.resolve(fenced(paths, { locks, release, run })),
    put: (name, entry) => put(join(lockDir, name), entry),
    state: () => stateOf(lockDir),
    hold: async (name) => await hold(join(lockDir, name)),
    open: (name) => {
      const descriptor = openSync(join(lockDir, name), "r");
      return () => {
        try {
          return readFileSync(descriptor, "utf8");
        } finally {
          closeSync(descriptor);
        }
      };
    },
    [Symbol.dispose]: () => rmSync(lockDir, { recursive: true, force: true }),
  };
}

function fenced(
  paths: RemotePaths,
  options: {
    locks: readonly HeldLock[];
    release: boolean;
    run: (script: string) => { output: Buffer };
  },
): string {
  const [operation, pool = null] = options.locks;
  if (operation === undefined) throw new Error("A command needs a lock.");
  const { definitions, driver } = fenceSteps(paths, { operation, pool, release: options.release });
  const script = `no=; rel=; worked=no; ${lockFunctions(paths)}${definitions}\nmtui_make() { :; }\nmtui_launch() { worked=yes; mtui_give; }\n${driver}\nprintf '%s %s %s' "$worked" "\${no:-ran}" "$rel"`;
  const [worked, no = "", released] = options.run(script).output.toString().split(" ");
  if (worked === "yes") return released === "released" ? "released" : "done";
  return no === "operation" || no === "pool" ? "gone" : no;
}

function put(path: string, entry: Entry): void {
  if (entry.kind === "directory") mkdirSync(path);
  else if (entry.kind === "link") symlinkSync("/nowhere/at/all", path);
  else writeFileSync(path, entry.bytes);
}

function stateOf(directory: string): PlaceState {
  const entries = readdirSync(directory)
    .sort()
    .map((name): [string, Entry] => {
      const path = join(directory, name);
      const stat = lstatSync(path);
      if (stat.isDirectory()) return [name, { kind: "directory", bytes: Buffer.alloc(0) }];
      if (stat.isSymbolicLink()) return [name, { kind: "link", bytes: Buffer.alloc(0) }];
      return [name, { kind: "file", bytes: readFileSync(path) }];
    });
  return Object.fromEntries(entries);
}

/** Another process has the kernel lock until the returned function is called. */
async function hold(path: string): Promise<() => Promise<void>> {
  const child = spawn("sh", ["-c", 'exec flock -o "$0" sh -c "echo held; exec sleep 60"', path], {
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  await new Promise((resolve) => child.stdout.once("data", resolve));
  return async () => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await ended;
  };
}
