import { setTimeout as pause } from "node:timers/promises";

/** Median and 95th percentile of a sample, in the sample's unit. */
export interface Spread {
  median: number;
  p95: number;
  runs: number;
}

export function spreadOf(sample: readonly number[]): Spread {
  const sorted = [...sample].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { median: at(0.5), p95: at(0.95), runs: sorted.length };
}

const PAUSE_MS = 250;

/** Times each of `runs` repetitions after `warmUp` unmeasured ones, without `before`; milliseconds. */
export async function measure(
  options: { runs: number; warmUp?: number; before?: () => Promise<void> },
  work: () => Promise<void>,
): Promise<Spread> {
  for (let index = 0; index < (options.warmUp ?? 1); index++) await work();
  const sample: number[] = [];
  for (let index = 0; index < options.runs; index++) {
    await options.before?.();
    const started = performance.now();
    await work();
    sample.push(performance.now() - started);
    // Nobody's round pays for the tidying up of the round before.
    await pause(PAUSE_MS);
  }
  return spreadOf(sample);
}

export interface Row {
  name: string;
  spread: Spread;
  note?: string;
}

/** A table whose last column is each row's median in multiples of the first row's. */
export function table(title: string, rows: readonly Row[]): string {
  const base = rows[0]?.spread.median ?? 1;
  const lines = rows.map(({ name, spread, note }) => {
    const ms = (value: number): string => `${value.toFixed(1)} ms`.padStart(11);
    const ratio = `${(spread.median / base).toFixed(2)} x`.padStart(9);
    return `  ${name.padEnd(46)}${ms(spread.median)}${ms(spread.p95)}${ratio}  ${note ?? ""}`.trimEnd();
  });
  return [
    title,
    `  ${"".padEnd(46)}${"median".padStart(11)}${"p95".padStart(11)}${"ratio".padStart(9)}`,
    ...lines,
  ].join("\n");
}
