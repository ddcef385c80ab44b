import { MtuiError } from "../protocol/errors.ts";

/** The parts of `[epoch:]version[-release]`. A missing epoch is 0; a missing release is `null`. */
interface RpmVersion {
  epoch: string;
  version: string;
  release: string | null;
}

/**
 * Compares two versions as rpm does (docs/formats/products.md, "Package versions"): epoch, then
 * version, then release; a version without release is older than the same one with any.
 * @throws MtuiError params.invalid for an empty text
 */
export function compareRpmVersions(a: string, b: string): -1 | 0 | 1 {
  const one = parseRpmVersion(a);
  const two = parseRpmVersion(b);
  return (
    compareLabels(one.epoch, two.epoch) ||
    compareLabels(one.version, two.version) ||
    compareReleases(one.release, two.release)
  );
}

/** `(none):` is what rpm prints for a package without an epoch. */
function parseRpmVersion(text: string): RpmVersion {
  if (text.trim() === "") {
    throw new MtuiError("params.invalid", "An empty text is no package version.", {
      hint: "Give versions like 2.4.1-150600.3.6.1.",
    });
  }
  const match = /^(\d*|\(none\)):/.exec(text);
  const rest = match === null ? text : text.slice(match[0].length);
  const epoch = match === null || match[1] === "(none)" || match[1] === "" ? "0" : (match[1] ?? "0");
  const dash = rest.lastIndexOf("-");
  if (dash === -1) return { epoch, version: rest, release: null };
  return { epoch, version: rest.slice(0, dash), release: rest.slice(dash + 1) };
}

function compareReleases(one: string | null, two: string | null): -1 | 0 | 1 {
  if (one === null || two === null) return one === two ? 0 : one === null ? -1 : 1;
  return compareLabels(one, two);
}

/**
 * A label is a row of tokens: runs of digits, runs of letters, `~` and `^`; all else only separates.
 * At the first difference the order is: `~`, the end, `^`, letters, digits. Since that is an order of
 * token rows, the comparison is transitive.
 */
function compareLabels(one: string, two: string): -1 | 0 | 1 {
  const left = tokens(one);
  const right = tokens(two);
  for (let index = 0; ; index += 1) {
    const a = left[index];
    const b = right[index];
    if (a === undefined && b === undefined) return 0;
    const order = sign(rank(a) - rank(b)) || compareTokens(a ?? "", b ?? "");
    if (order !== 0) return order;
  }
}

function tokens(label: string): string[] {
  return label.match(/[0-9]+|[A-Za-z]+|[~^]/g) ?? [];
}

function rank(token: string | undefined): number {
  if (token === undefined) return 1;
  if (token === "~") return 0;
  if (token === "^") return 2;
  return /^[0-9]/.test(token) ? 4 : 3;
}

/** Two tokens of one rank. Digits of any length: without leading zeros the longer is the greater. */
function compareTokens(a: string, b: string): -1 | 0 | 1 {
  if (!/^[0-9]/.test(a)) return a === b ? 0 : a < b ? -1 : 1;
  const one = a.replace(/^0+/, "");
  const two = b.replace(/^0+/, "");
  if (one.length !== two.length) return one.length < two.length ? -1 : 1;
  return one === two ? 0 : one < two ? -1 : 1;
}

function sign(difference: number): -1 | 0 | 1 {
  return difference === 0 ? 0 : difference < 0 ? -1 : 1;
}
