import { keyTypeOf, type KnownHostsLine } from "./parse.ts";
import { knownHostsName, matchesPatterns } from "./match.ts";

export interface KnownHostsEntry extends KnownHostsLine {
  readonly file: string;
}

export type HostKeyVerdict =
  | { readonly state: "known" }
  /** No line is about this host. */
  | { readonly state: "unknown" }
  | { readonly state: "changed"; readonly at: string; readonly keyType: string }
  /** The host is known, but by keys of other types. */
  | { readonly state: "otherType"; readonly at: string; readonly keyType: string }
  | { readonly state: "revoked"; readonly at: string }
  /** The host is known by a certificate authority alone, which this client cannot check. */
  | { readonly state: "authorityOnly"; readonly at: string };

export interface AskedHost {
  /** HostKeyAlias or HostName. */
  readonly host: string;
  readonly port: number;
  /** A HostKeyAlias is used as it is, without the port. */
  readonly alias: boolean;
}

/** Types of the plain keys that are known of a host. */
export function knownKeyTypes(entries: readonly KnownHostsEntry[], asked: AskedHost): Set<string> {
  const lines = linesFor(entries, primaryName(asked)).filter((each) => each.marker === "none");
  return new Set(lines.map((each) => each.keyType));
}

export function checkHostKey(
  entries: readonly KnownHostsEntry[],
  asked: AskedHost,
  key: Buffer,
): HostKeyVerdict {
  const name = primaryName(asked);
  const verdict = checkName(linesFor(entries, name), key);
  if (verdict.state !== "unknown" || asked.alias || asked.port === 22) return verdict;
  // As OpenSSH: a line without the port allows a host on another port, if it has this very key.
  const plain = checkName(linesFor(entries, knownHostsName(asked.host, 22)), key);
  return plain.state === "known" || plain.state === "revoked" ? plain : verdict;
}

function primaryName(asked: AskedHost): string {
  return asked.alias ? asked.host.toLowerCase() : knownHostsName(asked.host, asked.port);
}

function linesFor(entries: readonly KnownHostsEntry[], name: string): KnownHostsEntry[] {
  return entries.filter((entry) => matchesPatterns(entry.patterns, name));
}

function checkName(lines: readonly KnownHostsEntry[], key: Buffer): HostKeyVerdict {
  const keyType = keyTypeOf(key);
  const at = (line: KnownHostsEntry): string => `${line.file}:${line.line}`;
  const revoked = lines.find((each) => each.marker === "revoked" && each.key.equals(key));
  if (revoked !== undefined) return { state: "revoked", at: at(revoked) };
  const plain = lines.filter((each) => each.marker === "none");
  if (plain.some((each) => each.key.equals(key))) return { state: "known" };
  const sameType = plain.find((each) => each.keyType === keyType);
  if (sameType !== undefined) return { state: "changed", at: at(sameType), keyType: sameType.keyType };
  const [other] = plain;
  if (other !== undefined) return { state: "otherType", at: at(other), keyType: other.keyType };
  const authority = lines.find((each) => each.marker === "cert-authority");
  if (authority !== undefined) return { state: "authorityOnly", at: at(authority) };
  return { state: "unknown" };
}
