/**
 * One usable line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
 * Source: docs/decisions/ssh.md, "Host keys".
 */
export interface KnownHostsLine {
  readonly marker: "none" | "revoked" | "cert-authority";
  /** Host patterns as written, or one hashed name `|1|salt|hash`. */
  readonly patterns: readonly string[];
  readonly keyType: string;
  /** The key blob. */
  readonly key: Buffer;
  /** From 1. */
  readonly line: number;
}

const MAX_LINE = 32 * 1024;
const MARKERS = { "@revoked": "revoked", "@cert-authority": "cert-authority" } as const;

/**
 * Lines that are not understood are skipped, as OpenSSH does: they can neither allow nor forbid
 * anything. A marker that we do not know makes its line unusable too, never a plain line.
 */
export function parseKnownHosts(text: string): KnownHostsLine[] {
  const lines: KnownHostsLine[] = [];
  for (const [index, raw] of text.split("\n").entries()) {
    const line = parseLine(raw, index + 1);
    if (line !== null) lines.push(line);
  }
  return lines;
}

function parseLine(raw: string, line: number): KnownHostsLine | null {
  if (raw.length > MAX_LINE || raw.includes("\0")) return null;
  const words = raw.trim().split(/[ \t]+/);
  let marker: KnownHostsLine["marker"] = "none";
  if (words[0]?.startsWith("@")) {
    const word = words.shift();
    if (word !== "@revoked" && word !== "@cert-authority") return null;
    marker = MARKERS[word];
  }
  const [names, keyType, encoded] = words;
  if (names === undefined || keyType === undefined || encoded === undefined) return null;
  if (names.startsWith("#")) return null;
  const key = decodeKey(keyType, encoded);
  if (key === null) return null;
  const patterns = names.startsWith("|") ? [names] : names.split(",").filter((each) => each !== "");
  if (patterns.length === 0) return null;
  return { marker, patterns, keyType, key, line };
}

/** The blob begins with its own type as a length-prefixed string, which must be the one named. */
function decodeKey(keyType: string, encoded: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  const key = Buffer.from(encoded, "base64");
  return keyTypeOf(key) === keyType ? key : null;
}

/** The type that a key blob says it is, or null if it is no key blob. */
export function keyTypeOf(key: Buffer): string | null {
  if (key.length < 4) return null;
  const size = key.readUInt32BE(0);
  if (size === 0 || size > 64 || key.length < 4 + size) return null;
  return key.toString("latin1", 4, 4 + size);
}
