import { createHash } from "node:crypto";
import { MtuiError } from "@mtui/core/protocol";
import { type AskedHost, type HostKeyVerdict, checkHostKey, knownKeyTypes } from "./known-hosts/check.ts";
import { appendKnownHost } from "./known-hosts/append.ts";
import { loadKnownHosts } from "./known-hosts/load.ts";
import { keyTypeOf } from "./known-hosts/parse.ts";
import { knownHostsName } from "./known-hosts/match.ts";
import { type HostKeyAlgorithm, hostKeyOrder } from "./algorithms.ts";
import type { SshTarget } from "./target.ts";
import type { Log } from "./log.ts";

export type UnknownHostPolicy = "auto_add" | "warn" | "reject";

export interface HostKeyPolicy {
  readonly order: HostKeyAlgorithm[];
  /** @throws MtuiError host.key when the key is refused. */
  verify(key: Buffer): Promise<void>;
}

/**
 * A key that contradicts what is known is refused whatever the settings say. An unknown host is
 * accepted and remembered unless the configuration or ssh_config is strict; the stricter wins.
 */
export async function hostKeyPolicy(
  target: SshTarget,
  options: { unknown: UnknownHostPolicy; log: Log },
): Promise<HostKeyPolicy> {
  const files = [...target.knownHostsFiles, ...target.globalKnownHostsFiles];
  const asked: AskedHost = {
    host: target.hostKeyAlias ?? target.hostName,
    port: target.port,
    alias: target.hostKeyAlias !== null,
  };
  const entries = await loadKnownHosts(files);
  const verify = async (key: Buffer): Promise<void> => {
    // The file may have grown while the key exchange ran.
    const verdict = checkHostKey(await loadKnownHosts(files), asked, key);
    if (verdict.state === "known") return;
    if (verdict.state !== "unknown") throw refused(target, { verdict, key });
    if (options.unknown === "reject" || target.strictHostKeyChecking === "yes") throw stranger(target, key);
    if (options.unknown === "warn")
      options.log("warn", `${target.name}: unknown host key accepted`, { fingerprint: fingerprint(key) });
    await remember(target, { asked, key, files });
  };
  return { order: hostKeyOrder(knownKeyTypes(entries, asked)), verify };
}

async function remember(
  target: SshTarget,
  options: { asked: AskedHost; key: Buffer; files: readonly string[] },
): Promise<void> {
  const [file] = target.knownHostsFiles;
  if (file === undefined) return;
  const { asked, key, files } = options;
  const name = asked.alias ? asked.host.toLowerCase() : knownHostsName(asked.host, asked.port);
  await appendKnownHost(file, {
    name,
    key,
    stillWanted: async () => {
      const verdict = checkHostKey(await loadKnownHosts(files), asked, key);
      if (verdict.state !== "unknown" && verdict.state !== "known") throw refused(target, { verdict, key });
      return verdict.state === "unknown";
    },
  });
}

/** As `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function stranger(target: SshTarget, key: Buffer): MtuiError {
  return new MtuiError(
    "host.key",
    `The host key of ${target.name} is not known, and unknown keys are not accepted here.`,
    {
      hint: `Check the fingerprint and accept it once: ssh -p ${target.port} ${target.user}@${target.name}`,
      data: { host: target.name, keyType: keyTypeOf(key), fingerprint: fingerprint(key) },
    },
  );
}

function refused(
  target: SshTarget,
  found: { verdict: Exclude<HostKeyVerdict, { state: "known" | "unknown" }>; key: Buffer },
): MtuiError {
  const { verdict, key } = found;
  const name = target.port === 22 ? target.hostName : `[${target.hostName}]:${target.port}`;
  const forget = `If the change is genuine: ssh-keygen -R '${name}' and connect again.`;
  const words = {
    changed: `has changed: it is not the one at ${verdict.at}`,
    otherType: `is of another type (${keyTypeOf(key)}) than the one at ${verdict.at}`,
    revoked: `is revoked at ${verdict.at}`,
    authorityOnly: `cannot be checked: ${verdict.at} trusts a certificate authority, and host certificates are not supported`,
  } as const;
  const hint =
    verdict.state === "revoked"
      ? "A revoked key is never accepted; ask who runs the host."
      : verdict.state === "authorityOnly"
        ? `Add the host's own key: ssh-keyscan -p ${target.port} ${target.hostName}`
        : forget;
  return new MtuiError("host.key", `The host key of ${target.name} ${words[verdict.state]}.`, {
    hint,
    data: {
      host: target.name,
      reason: verdict.state,
      at: verdict.at,
      keyType: keyTypeOf(key),
      fingerprint: fingerprint(key),
    },
  });
}
