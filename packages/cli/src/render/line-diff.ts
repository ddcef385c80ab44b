export interface DiffLine {
  readonly sign: " " | "-" | "+";
  readonly text: string;
}

/** Above this many cells the table is not worth its memory: the texts are shown one after the other. */
const MOST_CELLS = 4_000_000;

/** Lines that only `from` has (-), that only `to` has (+), and that both have. */
export function diffLines(from: readonly string[], to: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < from.length && head < to.length && from[head] === to[head]) head++;
  let tail = 0;
  while (tail < from.length - head && tail < to.length - head && from.at(-1 - tail) === to.at(-1 - tail))
    tail++;
  return [
    ...same(from.slice(0, head)),
    ...middle(from.slice(head, from.length - tail), to.slice(head, to.length - tail)),
    ...same(from.slice(from.length - tail)),
  ];
}

function middle(from: readonly string[], to: readonly string[]): DiffLine[] {
  if (from.length * to.length > MOST_CELLS) return [...signed("-", from), ...signed("+", to)];
  const lengths = commonLengths(from, to);
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < from.length && j < to.length) {
    if (from[i] === to[j]) {
      lines.push(...same(from.slice(i, i + 1)));
      i++;
      j++;
    } else if ((lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0)) {
      lines.push(...signed("-", from.slice(i, i + 1)));
      i++;
    } else {
      lines.push(...signed("+", to.slice(j, j + 1)));
      j++;
    }
  }
  return [...lines, ...signed("-", from.slice(i)), ...signed("+", to.slice(j))];
}

/** `lengths[i][j]`: longest common subsequence of `from` from i on and `to` from j on. */
function commonLengths(from: readonly string[], to: readonly string[]): Uint32Array[] {
  const lengths = Array.from({ length: from.length + 1 }, () => new Uint32Array(to.length + 1));
  for (let i = from.length - 1; i >= 0; i--) {
    const [row, below] = [lengths[i], lengths[i + 1]];
    if (row === undefined || below === undefined) continue;
    for (let j = to.length - 1; j >= 0; j--) {
      row[j] = from[i] === to[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}

function same(lines: readonly string[]): DiffLine[] {
  return signed(" ", lines);
}

function signed(sign: DiffLine["sign"], lines: readonly string[]): DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}
