/**
 * Secrets that are known by their form, masked wherever text leaves the product: the daemon's log, and
 * the results, errors and hints that a model reads. Every pattern is bounded, since the text may be
 * megabytes that a host wrote.
 */
const MASK = "***";

/** A whole block, or what a cut left of its beginning. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[A-Za-z0-9+/=\\\s:,.()]|-(?!----)){0,65536}(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g;
const KEY_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const KEY_LINE = /^[A-Za-z0-9+/=]{1,128}\r?$/;

/** `https://user:password@host`; the last `@` before the path ends the user part. */
const URL_USER = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#"'<>]{1,512}@/gi;
const QUERY_SECRET =
  /([?&;](?:[\w-]{0,40}(?:token|secret|password|passwd|api_?key)[\w-]{0,40})=)[^&#\s"'<>]{1,4096}/gi;
const HEADER =
  /\b((?:proxy-)?authorization["']?\s{0,4}[:=]\s{0,4}["']?(?:(?:basic|bearer|token|digest|negotiate)\s{1,4})?)[^"'\r\n]{1,4096}/gi;
const COOKIE = /\b((?:set-)?cookie:\s{0,4})[^\r\n]{1,4096}/gi;
const BEARER = /\b(bearer\s{1,4}|token\s{1,4}(?=[A-Za-z_.~+/=-]{0,200}\d))[A-Za-z0-9._~+/=-]{8,4096}/gi;
/** `GITEA_TOKEN=...`, `"password": "..."`; a package `libsecret = 1.2` is none. */
const ASSIGNED =
  /(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{0,40}(?:token|password|passwd|passphrase|api[_-]?key|private[_-]?key|(?<![A-Za-z0-9])secret(?:[_-]?key)?)["']?\s{0,4}[:=]\s{0,4})(?:"[^"\r\n]{1,4096}"|'[^'\r\n]{1,4096}'|[^\s"',;&)\]}]{1,4096})/gi;
/** Tokens that say themselves what they are: forges, clouds, JSON web tokens. */
const KNOWN =
  /\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}|xox[abeprs]-[\w-]{10,255}|AKIA[0-9A-Z]{16}|eyJ[\w-]{10,2048}\.eyJ[\w-]{10,4096}\.[\w-]{0,2048})/g;

/** Anything that may need work; most text has none of it. */
const SUSPECT =
  /PRIVATE KEY|:\/\/|token|secret|passw|passphrase|api[_-]?key|private[_-]?key|authorization|cookie|bearer|gh[pousr]_|github_pat|glpat-|xox|AKIA|eyJ/i;

/** Texts that are secrets themselves, such as a token in force. */
export type Secrets = readonly string[];

/** Shorter ones would be found everywhere. */
const SHORTEST_SECRET = 4;

/** @returns the text with every secret as `***` */
export function redact(text: string, secrets: Secrets = []): string {
  let safe = text;
  for (const secret of secrets) if (secret.length >= SHORTEST_SECRET) safe = safe.replaceAll(secret, MASK);
  if (!SUSPECT.test(safe)) return safe;
  return withoutKeyTails(safe.replace(PRIVATE_KEY, `-----BEGIN PRIVATE KEY----- ${MASK}`))
    .replace(URL_USER, `$1${MASK}@`)
    .replace(QUERY_SECRET, `$1${MASK}`)
    .replace(HEADER, `$1${MASK}`)
    .replace(COOKIE, `$1${MASK}`)
    .replace(BEARER, `$1${MASK}`)
    .replace(ASSIGNED, `$1${MASK}`)
    .replace(KNOWN, MASK);
}

/** A page may begin inside a key: the lines before an end that has no beginning. */
function withoutKeyTails(text: string): string {
  if (!KEY_END.test(text)) return text;
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (!KEY_END.test(line)) continue;
    for (let at = index - 1; at >= 0 && KEY_LINE.test(lines[at] ?? ""); at--) lines[at] = MASK;
  }
  return lines.join("\n");
}

/** Is a property of this name a secret, whatever its value looks like? */
export function isSecretName(name: string): boolean {
  return /(?:^|[_-])(?:token|password|passwd|passphrase|secret|authorization|cookie|api_?key)$/i.test(name);
}
