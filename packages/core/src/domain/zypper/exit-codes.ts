/** What a step asked of its program; the same exit status answers each differently. */
export type Question =
  | "install"
  | "uninstall"
  | "patch"
  | "downgrade"
  | "refresh"
  | "addRepository"
  | "removeRepository"
  | "listRepositories"
  | "listPatches"
  | "search"
  | "versions";

/**
 * `ok`: done, or answered. `warning`: done, and worth a word. `nothing`: answered, and the answer is
 * "none". `failed`: not done, or not answered.
 */
export type ExitMeaning = "ok" | "warning" | "nothing" | "failed";

interface ExitEntry {
  readonly text: string;
  /** For everything that installs, removes or changes. */
  readonly change: ExitMeaning;
  readonly query: ExitMeaning;
  /** Where one question differs from its group. */
  readonly except?: Partial<Record<Question, ExitMeaning>>;
}

/**
 * zypper's exit statuses, once and for all questions (docs/formats/update-workflow.md, "Exit
 * statuses"). A status that is not here is a failure.
 */
export const ZYPPER_EXITS: Readonly<Record<number, ExitEntry>> = {
  0: { text: "done", change: "ok", query: "ok" },
  1: { text: "zypper met an error of its own", change: "failed", query: "failed" },
  2: { text: "zypper does not know this syntax", change: "failed", query: "failed" },
  3: { text: "zypper refused an argument", change: "failed", query: "failed" },
  // One repository that cannot be refreshed says nothing about the others: later steps decide.
  4: {
    text: "libzypp reported a problem",
    change: "failed",
    query: "failed",
    except: { refresh: "warning" },
  },
  5: { text: "zypper needs root", change: "failed", query: "failed" },
  6: {
    text: "no repository is defined",
    change: "failed",
    query: "failed",
    except: { listRepositories: "nothing", refresh: "warning" },
  },
  7: { text: "update stack locked", change: "failed", query: "failed" },
  8: { text: "packages failed to install or be removed", change: "failed", query: "failed" },
  100: { text: "updates are needed", change: "ok", query: "ok" },
  101: { text: "security updates are needed", change: "ok", query: "ok" },
  102: { text: "installed; a reboot is needed", change: "warning", query: "ok" },
  103: { text: "installed; the package manager itself was updated", change: "warning", query: "ok" },
  104: { text: "package not found", change: "failed", query: "nothing", except: { refresh: "failed" } },
  105: { text: "interrupted by a signal", change: "failed", query: "failed" },
  106: {
    text: "some repositories could not be refreshed and were skipped",
    change: "warning",
    query: "warning",
  },
  // The files are there and a scriptlet is broken: for a tester that is a finding, not a success.
  107: { text: "a package's script failed", change: "failed", query: "failed" },
};

const QUERIES: ReadonlySet<Question> = new Set(["listRepositories", "listPatches", "search", "versions"]);

/** The meaning of zypper's exit status as an answer to a question. */
export function zypperExit(exit: number, question: Question): { meaning: ExitMeaning; text: string } {
  const entry = ZYPPER_EXITS[exit];
  if (entry === undefined) return { meaning: "failed", text: otherExit(exit) };
  const group = QUERIES.has(question) ? entry.query : entry.change;
  return { meaning: entry.except?.[question] ?? group, text: entry.text };
}

export function otherExit(exit: number): string {
  if (exit === 126 || exit === 127) return "the program is not there or cannot be run";
  return exit > 128 && exit < 160 ? `ended by signal ${exit - 128}` : "unexpected exit status";
}
