/** The section of host blocks, by its names in new and old templates. */
export const SECTION_TITLES = ["Test results by product-arch:", "Test results by test platform:"] as const;
export const LINKS_TITLE = "Links for update logs:";
export const FOOTER = "## export MTUI:";

const TITLES: ReadonlySet<string> = new Set([...SECTION_TITLES, LINKS_TITLE]);

/** Lines at which a host's block is over, whatever else is missing in it. */
export function endsBlock(line: string): boolean {
  return TITLES.has(line.trim()) || line.includes(FOOTER) || /^#{4,}\s*$/.test(line);
}
