interface Judged {
  readonly verdict: string;
  readonly packages: readonly {
    readonly name: string;
    readonly before: string | null;
    readonly after: string | null;
    readonly note?: string | undefined;
    readonly verdict: string;
  }[];
}

/** Packages that a reason names. */
const NAMED = 5;

/** Each as said of the whole host, and of the packages that are named in front of it. */
const REASONS = {
  unknown: ["versions could not be asked", "could not be asked"],
  there: ["the update was installed there before", "installed there before"],
  fresh: [
    "its packages were not installed before, and new ones count with --newpackage alone",
    "not installed before, and new ones count with --newpackage alone",
  ],
  unavailable: ["no enabled repository offers its packages", "not available in any enabled repository"],
  leftOut: ["its packages are left out of prepare", "left out of prepare"],
} as const;
type Reason = keyof typeof REASONS;

/**
 * Why a host is NOT_TESTED though nothing went wrong there (docs/formats/update-workflow.md, "Verdicts").
 * @returns null when it is something else
 */
export function untestedWords({ verdict, packages }: Judged): string | null {
  if (verdict !== "NOT_TESTED") return null;
  const reasons = new Map<Reason, string[]>();
  for (const each of packages) {
    const reason = reasonOf(each);
    if (reason !== null) reasons.set(reason, [...(reasons.get(reason) ?? []), each.name]);
  }
  if (reasons.size === 0) return "the report requires no package there";
  const [[first, names] = ["there", []] as const] = reasons;
  if (reasons.size === 1 && names.length === packages.length) return REASONS[first][0];
  return [...reasons].map(([reason, names]) => `${list(names)}: ${REASONS[reason][1]}`).join("; ");
}

/** Is it that what the update brings was there already, on all of the host? */
export function wasThere({ verdict, packages }: Judged): boolean {
  return (
    verdict === "NOT_TESTED" && packages.length > 0 && packages.every((each) => reasonOf(each) === "there")
  );
}

function reasonOf({ before, after, note, verdict }: Judged["packages"][number]): Reason | null {
  if (verdict === "UNKNOWN") return "unknown";
  if (verdict !== "NOT_TESTED") return null;
  if (before !== null) return "there";
  if (after !== null) return "fresh";
  return note === "not available" ? "unavailable" : "leftOut";
}

function list(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `${names.slice(0, NAMED).join(", ")}${more}`;
}
