import { MtuiError } from "../protocol/errors.ts";

export interface Problem {
  /** From 1; null where the whole file is meant. */
  line: number | null;
  /** `section.key`; null where the YAML itself is at fault. */
  key: string | null;
  text: string;
}

const SHOWN = 10;

export function configInvalid(file: string, problems: readonly Problem[]): MtuiError {
  const sorted = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, SHOWN);
  const texts = sorted.map(({ line, text }) => `${file}${line === null ? "" : `:${line}`}: ${oneLine(text)}`);
  const more = problems.length > SHOWN ? ` (and ${problems.length - SHOWN} more)` : "";
  const place = sorted[0]?.line ?? null;
  return new MtuiError("config.invalid", `${texts.join("\n")}${more}`, {
    hint: `Mend ${file}${place === null ? "" : `, line ${place}`}; all keys are in docs/formats/config.md`,
    data: { file, problems: sorted.map(({ line, key, text }) => ({ line, key, text: oneLine(text) })) },
  });
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").slice(0, 500);
}
