import { nearest } from "./nearest.ts";
import { formerKey } from "./schema/former-keys.ts";

/** What to say of a section or key that does not exist. */
export function unknownName(
  name: string,
  { known, what, section }: { known: readonly string[]; what: "section" | "key"; section: string | null },
): string {
  const full = section === null ? name : `${section}.${name}`;
  const former = formerKey(full);
  if (former !== null) return `${full}: ${former}`;
  const guess = nearest(name, known);
  const advice =
    guess === null
      ? `known: ${known.join(", ")}`
      : `did you mean ${section === null ? guess : `${section}.${guess}`}?`;
  return `there is no ${what} ${full}; ${advice}`;
}
