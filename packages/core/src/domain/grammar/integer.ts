/**
 * Whole numbers as the other mtuis read them: blanks around, a sign, leading zeros and `_` between
 * digits are accepted (docs/formats/rrid-and-template.md, "Numbers"). ASCII digits alone.
 * Anything else, and what a JavaScript number cannot hold exactly, is `null`.
 */
export function parseInteger(text: string): number | null {
  const digits = integerDigits(text);
  if (digits === null) return null;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : null;
}

/** The same number as normalised decimal text, of any size; `null` if it is none. */
export function integerDigits(text: string): string | null {
  if (text.length > 64) return null;
  const match = /^([+-]?)(\d+(?:_\d+)*)$/.exec(text.trim());
  if (match === null) return null;
  const digits = (match[2] ?? "").replaceAll("_", "").replace(/^0+(?=\d)/, "");
  return match[1] === "-" && digits !== "0" ? `-${digits}` : digits;
}
