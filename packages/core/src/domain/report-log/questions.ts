/** The questions that a template leaves to its tester, with the answers that it offers. */
const QUESTIONS = {
  summary: /^(\s*SUMMARY:\s*)PASSED\/FAILED(\s*)$/,
  reproducer: /^(\s*REPRODUCER_PRESENT:\s*)YES\/NO(\s*)$/,
  // Older templates offer fewer.
  status: /^(\s*STATUS:\s*)FIXED\/NOT_FIXED(?:\/[A-Z_]+)*(\s*)$/,
} as const;

export type ReportQuestion = keyof typeof QUESTIONS;
export type ReportAnswers = { readonly [Q in ReportQuestion]?: string | undefined };

/**
 * Answers questions that nobody has answered yet (docs/formats/report-files.md, "Questions"); each line keeps what
 * is around its answer, its line end too.
 * @param lines with their line ends
 * @returns the lines, and how many of each question were answered
 */
export function answerQuestions(
  lines: readonly string[],
  answers: ReportAnswers,
): { lines: string[]; filled: Record<ReportQuestion, number> } {
  const filled = { summary: 0, reproducer: 0, status: 0 };
  const answered = lines.map((line) => {
    for (const question of ["summary", "reproducer", "status"] as const) {
      const answer = answers[question];
      const found = answer === undefined ? null : QUESTIONS[question].exec(line);
      if (found === null) continue;
      filled[question] += 1;
      return `${found[1]}${answer}${found[2]}`;
    }
    return line;
  });
  return { lines: answered, filled };
}
