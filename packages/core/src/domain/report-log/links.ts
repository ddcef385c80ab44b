import { FOOTER, LINKS_TITLE } from "./section-titles.ts";

/** Takes the footer lines off the end, and the blank lines before them. @returns the footer lines */
export function takeFooters(lines: string[]): string[] {
  const footers: string[] = [];
  for (;;) {
    const last = lines.at(-1);
    if (last === undefined || (last.trim() !== "" && !last.includes(FOOTER))) return footers;
    lines.pop();
    if (last.trim() !== "") footers.unshift(last);
  }
}

/** Adds the links that are not there yet; the section is made where there is none. */
export function addLinks(lines: string[], links: readonly string[]): void {
  const title = lines.findIndex((line) => line.trim() === LINKS_TITLE);
  // A link above this line, and outside of the section, belongs to somebody's notes.
  const untracked = lines.findLastIndex((line) => line.includes("HAS_UNTRACKED"));
  const from = title === -1 ? untracked + 1 : Math.min(title, untracked + 1);
  const there = new Set(lines.slice(from).map((line) => line.trim()));
  const missing = [...new Set(links)].filter((link) => !there.has(link));
  if (missing.length === 0) return;
  if (title === -1) {
    trimEnd(lines);
    lines.push("", LINKS_TITLE, "", ...missing);
    return;
  }
  let at = title + 1;
  if ((lines[at] ?? "").trim() === "" && at < lines.length) at += 1;
  while (at < lines.length && (lines[at] ?? "").trim() !== "") at += 1;
  lines.splice(at, 0, ...missing);
}

/** The footer lines again, with ours as the last unless it is that already. */
export function addFooters(
  lines: string[],
  { footers, ours }: { footers: readonly string[]; ours: string },
): void {
  trimEnd(lines);
  lines.push("", ...footers);
  if (footers.at(-1) !== ours) lines.push(ours);
}

function trimEnd(lines: string[]): void {
  while (lines.length > 0 && (lines.at(-1) ?? "").trim() === "") lines.pop();
}
