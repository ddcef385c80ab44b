/** Shown for an issue of which nothing but the id is known. */
const NO_TITLE = "Description not available";

/**
 * Titles of the issues that `log` heads or `metadata.json` lists. The patchinfo's title comes first,
 * then the one of `log`: a bare id in the metadata takes no title away.
 */
export function issueTitles(
  ids: readonly string[],
  titles: { log: ReadonlyMap<string, string>; patchinfo: ReadonlyMap<string, string> },
): Record<string, string> {
  const all = new Set([...titles.log.keys(), ...ids]);
  return Object.fromEntries(
    [...all].map((id) => [id, titles.patchinfo.get(id) ?? titles.log.get(id) ?? NO_TITLE]),
  );
}
