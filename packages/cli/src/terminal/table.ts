import { displayWidth, fit, pad } from "./width.ts";

export interface TableOptions {
  /** Columns of the terminal; the widest column gives way. Absent: nothing is cut. */
  columns?: number | undefined;
  /** Blanks before each row. */
  indent?: number;
}

const GAP = 2;
const NARROWEST = 6;

/** Rows as aligned lines without trailing blanks. Cells are one line each. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const indent = options.indent ?? 0;
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
  }
  if (options.columns !== undefined) shrink(widths, options.columns - indent);
  return rows.map((row) => {
    const cells = row.map((cell, index) => pad(fit(cell, widths[index] ?? 0), widths[index] ?? 0));
    return (" ".repeat(indent) + cells.join(" ".repeat(GAP))).trimEnd();
  });
}

function shrink(widths: number[], room: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1) - room;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    const index = widths.indexOf(widest);
    widths[index] = widest - 1;
    over--;
  }
}
