/** Rows of a zypper table by column name. Cells are trimmed. */
export type TableRow = Readonly<Record<string, string>>;

const MAX_ROWS = 50_000;

/**
 * zypper's tables: a header line, a rule of `-` and `+`, one line a row, cells split by `|`. Lines
 * before the header are progress texts. A row's last cell may itself contain `|`.
 * @returns null when there is no table in the text, which is not the same as a table without rows
 */
export function parseTable(text: string, first: string): TableRow[] | null {
  const lines = text.split(/\r?\n/);
  const rule = lines.findIndex(
    (line, index) => /^-+(\+-+)+$/.test(line.trim()) && cells(lines[index - 1] ?? "").includes(first),
  );
  if (rule === -1) return null;
  const names = cells(lines[rule - 1] ?? "");
  const rows: TableRow[] = [];
  for (const line of lines.slice(rule + 1)) {
    const found = cells(line);
    // The table ends at the first line that is none of it (a blank line, a note).
    if (found.length < names.length) break;
    const last = found.slice(names.length - 1).join(" | ");
    rows.push(
      Object.fromEntries(names.map((name, at) => [name, at === names.length - 1 ? last : (found[at] ?? "")])),
    );
    if (rows.length >= MAX_ROWS) break;
  }
  return rows;
}

function cells(line: string): string[] {
  return line.split("|").map((cell) => cell.trim());
}
