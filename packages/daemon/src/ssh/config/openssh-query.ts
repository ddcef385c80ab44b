import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MtuiError } from "@mtui/core/protocol";
import type { HostSpec } from "./host-spec.ts";
import { parseSettings, type SshSettings } from "./settings.ts";

const run = promisify(execFile);
const LIMIT_MS = 10_000;

export interface OpenSshOptions {
  /** In place of the user's and the system's. */
  readonly configFile: string | undefined;
  /** A private directory of ours, where one file may stay. @default a temporary one for each question */
  readonly directory?: string | undefined;
}

/**
 * Asks OpenSSH itself what its configuration says of a host, so that every keyword, Include and Match
 * means what it means to `ssh`. The default user is root here: a `Host *` block behind everything that
 * the person wrote says so, because the first value wins.
 * @returns null where there is no `ssh` program.
 * @throws MtuiError config.invalid with OpenSSH's own words.
 */
export async function askOpenSsh(
  spec: HostSpec,
  { configFile, directory }: OpenSshOptions,
): Promise<SshSettings | null> {
  const temporary = directory === undefined ? await mkdtemp(join(tmpdir(), "mtui-ssh-")) : null;
  try {
    const file = join(temporary ?? directory ?? "", "ssh_config");
    await keepFile(file, composedConfig(configFile));
    const port = spec.port === null ? [] : ["-p", String(spec.port)];
    const user = spec.user === null ? [] : ["-l", spec.user];
    const asked = run("ssh", ["-G", "-F", file, ...port, ...user, "--", spec.name], {
      signal: AbortSignal.timeout(LIMIT_MS),
      maxBuffer: 1024 * 1024,
    });
    // What `Match exec` runs may read: there is nothing to read.
    asked.child.stdin?.end();
    return parseSettings((await asked).stdout);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT" && "path" in error) return null;
    throw invalid(spec, error);
  } finally {
    if (temporary !== null) await rm(temporary, { recursive: true, force: true });
  }
}

/** Questions are asked side by side: none reads a file that another one is writing. */
const writing = new Map<string, Promise<void>>();

async function keepFile(file: string, text: string): Promise<void> {
  const before = writing.get(file) ?? Promise.resolve();
  const done = before.then(async () => {
    const there = await readFile(file, "utf8").catch(() => null);
    if (there !== text) await writeFile(file, text, { mode: 0o600 });
  });
  const settled = done.catch(() => undefined);
  writing.set(file, settled);
  void settled.then(() => writing.get(file) === settled && writing.delete(file));
  await done;
}

function composedConfig(configFile: string | undefined): string {
  const includes = configFile === undefined ? ["~/.ssh/config", "/etc/ssh/ssh_config"] : [configFile];
  const quoted = includes.map((path) => `Include "${path.replaceAll('"', "")}"`);
  return [...quoted, "Host *", "  User root", ""].join("\n");
}

function invalid(spec: HostSpec, error: unknown): MtuiError {
  return new MtuiError(
    "config.invalid",
    `ssh cannot read its configuration for ${spec.name}: ${why(error)}`,
    {
      hint: `Correct ssh_config, then check with: ssh -G ${spec.name}`,
      cause: error,
    },
  );
}

function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError") return `no answer within ${LIMIT_MS / 1000} s`;
  return "stderr" in error ? String(error.stderr).trim().slice(0, 500) : String(error);
}
