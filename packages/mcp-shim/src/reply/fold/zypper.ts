import { linesOf } from "@mtui/core/text";

/** What zypper says about itself; by the word that counts it. Each pattern is a whole line. */
const CHATTER: readonly (readonly [word: string, line: RegExp])[] = [
  ["download", /^Retrieving(?: package| delta|:) .*(?:\]|unpacked\))$/],
  ["download", /^In cache \S+\.rpm .*$/],
  ["package", /^\(\s{0,3}\d+\/\d+\) (?:Installing|Removing|Updating): \S+ ?\[\.*done\]$/],
  ["refresh", /^Retrieving repository '.*' metadata ?\[[.|/\\-]*done\]$/],
  ["refresh", /^Building repository '.*' cache ?\[[.|/\\-]*done\]$/],
  ["refresh", /^Repository '.*' is up to date\.$/],
  ["refresh", /^(?:All|Specified) repositories have been refreshed\.$/],
  ["refresh", /^Refreshing service '.*'\.$/],
  [
    "progress",
    /^(?:Loading repository data|Reading installed packages|Resolving package dependencies)\.\.\.$/,
  ],
  ["progress", /^Checking for file conflicts: \[\.*done\]$/],
  ["progress", /^Continue\? \[y\/n.*\] ?\(y\): y$/],
  ["progress", /^Overall download size: .*$/],
  ["progress", /^Repository priorities are without effect\..*$/],
  ["progress", /^.* \[[.|/\\-]*\s*\d{1,3}%.*\]$/],
  ["already installed", /^'\S+' is already installed\.$/],
  [
    "already installed",
    /^No update candidate for '\S+'\. The highest available version is already installed\.$/,
  ],
  // The update's own repositories are added without keys; others would be asked about.
  ["progress", /^Warning: GPG checking is disabled in configuration of repository 'issue-.*$/],
];

/** Whatever else a line looks like, this one is for the reader. */
const TELLING =
  /error|fail|problem|conflict|cannot|can't|denied|not found|no provider|nothing provides|signature|corrupt|abort|vendor change|downgrad|timed? ?out/i;
/** Chatter that uses such a word for what went well. */
const WENT_WELL =
  /^Checking for file conflicts: \[\.*done\]$|^Warning: GPG checking is disabled in configuration of repository 'issue-/;

export interface Folded {
  readonly lines: readonly string[];
  /** What was left out, as `3 refresh, 14 download`; empty when nothing was. */
  readonly note: string;
  /** Lines left out. */
  readonly count: number;
}

/** Does this command line call a package manager that chatters? */
export function isZypper(command: string): boolean {
  return /\b(?:zypper|transactional-update)\b/.test(command);
}

/** Output of zypper without its progress; errors, conflicts and what changes stay, in their order. */
export function foldZypper(text: string): Folded {
  const counts = new Map<string, number>();
  const lines: string[] = [];
  for (const line of linesOf(text)) {
    const word = chatter(line.trimEnd());
    if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
    // One empty line is enough where several meet.
    else if (line.trim() !== "" || (lines.at(-1) ?? "") !== "") lines.push(line);
  }
  while (lines.at(-1)?.trim() === "") lines.pop();
  return {
    lines,
    note: [...counts].map(([word, count]) => `${count} ${word}`).join(", "),
    count: [...counts.values()].reduce((sum, count) => sum + count, 0),
  };
}

function chatter(line: string): string | null {
  if (line.length > 500 || (TELLING.test(line) && !WENT_WELL.test(line))) return null;
  return CHATTER.find(([, pattern]) => pattern.test(line))?.[0] ?? null;
}
