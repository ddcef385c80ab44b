import type { ResultOf, Validation } from "@mtui/core/registry";
import { oneLine, untestedWords } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { groupBy, some, type Teller } from "./view.ts";

type PackageResult = Validation["hosts"][number]["packages"][number];

interface Judged {
  readonly host: string;
  readonly verdict: string;
  readonly packages: readonly PackageResult[];
}

const ORDER = ["FAILED", "LOST", "UNKNOWN", "NOT_TESTED", "PASSED"];

/**
 * The verdict table: hosts with the same one together, packages that went the same way together, what
 * failed first.
 */
export function verdictLines(hosts: readonly Judged[]): string[] {
  const groups = groupBy(hosts, ({ verdict, packages }) => JSON.stringify([verdict, packages])).sort(
    byVerdict,
  );
  return groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      `${first.verdict}: ${hostsAndCount(group.map(({ host }) => host))}${because(first)}`,
      ...packageLines(first.packages),
    ];
  });
}

/** Why nothing was tested. A host of which no package is known has its error, elsewhere. */
function because(host: Judged): string {
  const why = host.packages.length === 0 ? null : untestedWords(host);
  return why === null ? "" : ` (${oneLine(why)})`;
}

function packageLines(packages: readonly PackageResult[]): string[] {
  const ways = groupBy(packages, ({ verdict, before, after, required, note }) =>
    JSON.stringify([verdict, before, after, required, note]),
  );
  return ways.sort(byVerdict).flatMap((way) => {
    const [first] = way;
    if (first === undefined) return [];
    const { verdict, before, after, required, note } = first;
    const names = some(
      way.map(({ name }) => oneLine(name)),
      60,
    );
    const wanted = after === required ? "" : `, required ${oneLine(required)}`;
    const more = note === undefined ? "" : ` (${oneLine(note)})`;
    return [`  ${verdict} ${version(before)} -> ${version(after)}${wanted}${more}: ${names}`];
  });
}

function byVerdict(a: readonly { verdict: string }[], b: readonly { verdict: string }[]): number {
  return ORDER.indexOf(a[0]?.verdict ?? "") - ORDER.indexOf(b[0]?.verdict ?? "");
}

function version(text: string | null): string {
  return text === null ? "none" : oneLine(text);
}

const BAD_FIRST = ["unknown", "not installed", "update needed", "too recent"];

export const packagesText: Teller<ResultOf<"list_packages">> = ({ hosts }) => {
  if (hosts.length === 0) return ["No hosts."];
  const failed = hosts.filter(({ error }) => error !== null);
  const lines = groupBy(failed, ({ error }) => error ?? "").map(
    (group) =>
      `could not ask ${hostsAndCount(group.map(({ host }) => host))}: ${oneLine(group[0]?.error ?? "")}`,
  );
  const groups = groupBy(
    hosts.filter(({ error }) => error === null),
    ({ packages }) => JSON.stringify(packages),
  );
  for (const group of groups) {
    lines.push(`${hostsAndCount(group.map(({ host }) => host))}:`);
    const ways = groupBy(group[0]?.packages ?? [], ({ state, installed, required }) =>
      JSON.stringify([state, installed, required]),
    ).sort((a, b) => rank(a[0]?.state) - rank(b[0]?.state));
    for (const way of ways) {
      const [{ state, installed, required }] = way as [(typeof way)[number]];
      const wanted = required === null || required === installed ? "" : `, required ${oneLine(required)}`;
      const has = installed === null ? "" : ` ${oneLine(installed)}`;
      lines.push(
        `  ${state}${has}${wanted}: ${some(
          way.map(({ name }) => oneLine(name)),
          60,
        )}`,
      );
    }
    if (ways.length === 0) lines.push("  no packages");
  }
  return lines;
};

function rank(state: string | undefined): number {
  const place = BAD_FIRST.indexOf(state ?? "");
  return place === -1 ? BAD_FIRST.length : place;
}
