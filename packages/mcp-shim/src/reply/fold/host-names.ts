/** Names beyond these are counted. */
const MAX_PARTS = 12;
/** The number that counts through machines is the last one of the first label: `sp6-3.example.com`. */
const NUMBERED = /^([^.]{0,200}?)(\d{1,9})([^.\d]{0,63}(?:\..{0,200})?)$/s;

interface Family {
  readonly before: string;
  readonly after: string;
  readonly width: number | null;
  readonly numbers: number[];
}

/**
 * Names of hosts, folded where they count through: `sp6-[1-3], sp7-1`. Families stand where their first
 * member does; a leading zero keeps its width.
 */
export function foldHosts(names: readonly string[]): string {
  const families = new Map<string, Family | string>();
  for (const name of new Set(names)) {
    const [, before = "", digits = "", after = ""] = NUMBERED.exec(name) ?? [];
    if (digits === "") {
      families.set(`=${name}`, name);
      continue;
    }
    const width = digits.startsWith("0") && digits.length > 1 ? digits.length : null;
    const key = JSON.stringify([before, after, width]);
    const family = families.get(key);
    if (typeof family === "object") family.numbers.push(Number(digits));
    else families.set(key, { before, after, width, numbers: [Number(digits)] });
  }
  const parts = [...families.values()].map((each) => (typeof each === "string" ? each : spelled(each)));
  if (parts.length <= MAX_PARTS) return parts.join(", ");
  return `${parts.slice(0, MAX_PARTS).join(", ")} and ${parts.length - MAX_PARTS} more`;
}

/** `sp6-[1-3], sp7-1 (4)`: with their number, where there are several. */
export function hostsAndCount(names: readonly string[]): string {
  const { size } = new Set(names);
  return size > 1 ? `${foldHosts(names)} (${size})` : foldHosts(names);
}

function spelled({ before, after, width, numbers }: Family): string {
  const digits = (number: number): string => String(number).padStart(width ?? 1, "0");
  const [only] = numbers;
  if (numbers.length === 1 && only !== undefined) return `${before}${digits(only)}${after}`;
  const runs: [number, number][] = [];
  for (const number of numbers.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && number === last[1] + 1) last[1] = number;
    else runs.push([number, number]);
  }
  const ranges = runs.map(([from, to]) => (from === to ? digits(from) : `${digits(from)}-${digits(to)}`));
  return `${before}[${ranges.join(",")}]${after}`;
}
