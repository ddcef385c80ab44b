import { readFile } from "node:fs/promises";
import ssh2, { type AnyAuthMethod, type ParsedKey } from "ssh2";
import type { Log } from "../log.ts";
import type { SshTarget } from "../target.ts";
import { filteredAgent } from "./filtered-agent.ts";

const MAX_KEY_BYTES = 64 * 1024;

/**
 * What we offer, in OpenSSH's order: keys of the agent that ssh_config names, the rest of the agent
 * (unless IdentitiesOnly), then unencrypted identity files. Encrypted files are skipped with a
 * warning: nobody is there to type a passphrase, and the agent is the way to use them.
 */
export async function authMethods(
  target: SshTarget,
  options: { agentSocket: string | undefined; log: Log },
): Promise<AnyAuthMethod[]> {
  const files = await Promise.all(
    target.identityFiles.map(async (path) => await readIdentity(path, options.log)),
  );
  const username = target.user;
  const methods: AnyAuthMethod[] = [];
  if (options.agentSocket !== undefined) {
    const preferred = files.flatMap((file) => (file.publicKey === null ? [] : [file.publicKey]));
    const agent = filteredAgent(options.agentSocket, {
      preferred,
      only: target.identitiesOnly,
      log: options.log,
    });
    methods.push({ type: "agent", username, agent });
  }
  for (const file of files) {
    if (file.privateKey !== null) methods.push({ type: "publickey", username, key: file.privateKey });
  }
  return methods;
}

interface Identity {
  readonly privateKey: ParsedKey | null;
  /** SSH wire form. */
  readonly publicKey: Buffer | null;
}

async function readIdentity(path: string, log: Log): Promise<Identity> {
  const [secret, open] = await Promise.all([parseFile(path), parseFile(`${path}.pub`)]);
  const publicKey = open.key?.getPublicSSH() ?? null;
  if (secret.key !== null) {
    const isPrivate = secret.key.isPrivateKey();
    return { privateKey: isPrivate ? secret.key : null, publicKey: publicKey ?? secret.key.getPublicSSH() };
  }
  if (secret.problem !== null)
    log("warn", `${path} is not used: ${secret.problem}`, { hint: `ssh-add ${path}` });
  return { privateKey: null, publicKey };
}

async function parseFile(path: string): Promise<{ key: ParsedKey | null; problem: string | null }> {
  let text: Buffer;
  try {
    text = await readFile(path);
  } catch {
    return { key: null, problem: null };
  }
  if (text.length > MAX_KEY_BYTES) return { key: null, problem: "it is too large for a key" };
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) {
    const encrypted = /encrypted|passphrase/i.test(parsed.message);
    return { key: null, problem: encrypted ? "it is encrypted; load it into the agent" : parsed.message };
  }
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return { key: key ?? null, problem: null };
}
