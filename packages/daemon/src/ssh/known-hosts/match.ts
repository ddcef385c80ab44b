import { createHmac, timingSafeEqual } from "node:crypto";

/** The name under which a host is kept: `name`, or `[name]:port` where the port is not 22. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/**
 * Does a line's name field cover this host? A matching `!pattern` overrules every other pattern of
 * the line. `*` and `?` are wildcards. A hashed name is compared whole.
 */
export function matchesPatterns(patterns: readonly string[], name: string): boolean {
  const [first] = patterns;
  if (first?.startsWith("|")) return matchesHash(first, name);
  let matched = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith("!");
    if (!wildcard(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

function matchesHash(field: string, name: string): boolean {
  const [empty, version, salt, hash, ...more] = field.split("|");
  if (empty !== "" || version !== "1" || salt === undefined || hash === undefined || more.length > 0)
    return false;
  const expected = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** Linear in time: remembers the last `*` only, so that a hostile pattern costs nothing. */
function wildcard(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  let p = 0;
  let n = 0;
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (wanted[p] === "*") {
      star = p;
      resume = n;
      p += 1;
    } else if (p < wanted.length && (wanted[p] === "?" || wanted[p] === name[n])) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else {
      return false;
    }
  }
  while (wanted[p] === "*") p += 1;
  return p === wanted.length;
}
