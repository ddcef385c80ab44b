import { printable } from "../grammar/control-characters.ts";

/**
 * Lines of ours between those of the tester. All begin alike, so that the next export finds and
 * renews them; none may look like a line that any mtui reads or replaces.
 */
const NOTE = "(mtui) ";
const NO_HOST = `${NOTE}no host: `;

export function note(text: string): string {
  const oneLine = printable(text.replaceAll(/\s+/g, " "), 300);
  return `${NOTE}${oneLine.replaceAll("PASSED/FAILED", "PASSED or FAILED").replaceAll("reference host:", "host")}`;
}

export function noHostNote({ slot, reason }: { slot: string; reason: string }): string {
  return note(`no host: ${slot}: ${reason}`);
}

export function isNote(line: string): boolean {
  return line.startsWith(NOTE);
}

export function isNoHostNote(line: string): boolean {
  return line.startsWith(NO_HOST);
}
