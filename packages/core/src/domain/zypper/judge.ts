import { type ExitMeaning, otherExit, type Question, zypperExit } from "./exit-codes.ts";

export interface Answer {
  readonly tool: "zypper" | "transactional-update" | "yum";
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Judgement {
  readonly meaning: ExitMeaning;
  /** In words; null when there is nothing to say. */
  readonly reason: string | null;
  /** What to do next, where the reason is known well enough. */
  readonly hint?: string;
}

const SOLVES: ReadonlySet<Question> = new Set(["install", "uninstall", "patch", "downgrade"]);

/**
 * What an answer means: by exit status first. The texts only say more about a failure; standard
 * error alone is never a verdict, since zypper writes warnings there on good days
 * (docs/formats/update-workflow.md, "Checks").
 */
export function judge(question: Question, answer: Answer): Judgement {
  // zypper's echo of "cancel": nobody was there to solve the conflict, so nothing was installed.
  if (SOLVES.has(question) && answer.stdout.includes("(c): c")) {
    return {
      meaning: "failed",
      reason: "dependency error",
      hint: "The solver's question is in the host's log: mtuictl job result, or the report's install log.",
    };
  }
  const { meaning, text } = byExit(question, answer);
  if (meaning !== "failed") {
    return {
      meaning,
      reason: meaning === "ok" || meaning === "nothing" ? null : `${text} (exit ${answer.exit})`,
    };
  }
  const known = knownFailure(answer);
  if (known !== null) return { meaning, ...known };
  return { meaning, reason: `${text} (exit ${answer.exit})` };
}

function byExit(question: Question, { tool, exit }: Answer): { meaning: ExitMeaning; text: string } {
  // rpm's status counts the packages that are not installed; who was asked about answers by name.
  if (question === "versions") return { meaning: exit < 100 ? "ok" : "failed", text: otherExit(exit) };
  if (tool === "zypper" || !SOLVES.has(question)) return zypperExit(exit, question);
  if (exit === 0) return { meaning: "ok", text: "done" };
  return { meaning: "failed", text: exit < 126 ? `${tool} failed` : otherExit(exit) };
}

function knownFailure({ exit, stdout, stderr }: Answer): { reason: string; hint?: string } | null {
  if (
    exit === 7 ||
    stderr.includes("A ZYpp transaction is already in progress.") ||
    stderr.includes("System management is locked")
  ) {
    return {
      reason: "update stack locked",
      hint: "Another zypper runs on the host (packagekit?); repeat the operation when it has ended.",
    };
  }
  if (exit === 104 || /^No provider of '.*' found\.$/m.test(`${stdout}\n${stderr}`)) {
    return { reason: "package not found" };
  }
  if (exit === 8 || /^Error:/m.test(stderr)) return { reason: "RPM error" };
  return null;
}
