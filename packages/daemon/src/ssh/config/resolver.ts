import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { SshTarget } from "../target.ts";
import { askConfigFiles } from "./fallback-query.ts";
import { askOpenSsh, type OpenSshOptions } from "./openssh-query.ts";
import { parseHostSpec } from "./host-spec.ts";
import { targetFromSettings } from "./target-from-settings.ts";
import type { SshSettings } from "./settings.ts";
import { Semaphore } from "../semaphore.ts";

export type ResolveTarget = (name: string, options?: { allowUser?: boolean }) => Promise<SshTarget>;

/** `ssh -G` takes a process each; more at once only get in each other's way. */
const PARALLEL_QUERIES = 4;

/**
 * Resolves names and remembers the answers until a configuration file changes. Failures are not
 * remembered.
 */
export function createResolver(options: OpenSshOptions): ResolveTarget {
  const files =
    options.configFile === undefined
      ? [join(homedir(), ".ssh", "config"), "/etc/ssh/ssh_config"]
      : [options.configFile];
  const places = new Semaphore(PARALLEL_QUERIES);
  let cache = new Map<string, Promise<SshTarget>>();
  let version = "";

  const ask = async (name: string, allowUser: boolean): Promise<SshTarget> => {
    const spec = parseHostSpec(name, { allowUser });
    const done = await places.acquire();
    try {
      const settings: SshSettings =
        (await askOpenSsh(spec, options)) ?? (await askConfigFiles(spec, options));
      return targetFromSettings(spec, settings);
    } finally {
      done();
    }
  };

  return async (name, { allowUser = false } = {}) => {
    const current = await fingerprints(files);
    if (current !== version) {
      version = current;
      cache = new Map();
    }
    const key = `${allowUser} ${name}`;
    const known = cache.get(key);
    if (known !== undefined) return await known;
    const answer = ask(name, allowUser);
    const into = cache;
    into.set(key, answer);
    answer.catch(() => into.delete(key));
    return await answer;
  };
}

async function fingerprints(files: readonly string[]): Promise<string> {
  const each = await Promise.all(
    files.map(async (file) => {
      const info = await stat(file).catch(() => null);
      return info === null ? "-" : `${info.ino}.${info.mtimeMs}.${info.size}`;
    }),
  );
  return each.join(" ");
}
