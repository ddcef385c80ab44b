/**
 * Text that came from outside (hosts, lock comments, templates, other users) on its way to a
 * person's terminal or into a model's context. A terminal obeys more than colours: titles, clipboard, answers typed back, text
 * overwritten or reversed. Nothing that steers survives; what is left is text as it would be printed
 * on paper. JSON output does not pass here: its escapes are enough for machines.
 */

/** Anything that may need work; most text has none of it. */
const SUSPECT =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]/;

/**
 * Control sequences, whole. The bodies of string sequences (OSC, DCS, SOS, PM, APC) stop at the next
 * introducer, which keeps the match linear; one without an end loses its introducer alone, so
 * that it cannot swallow the output behind it.
 */
const SEQUENCES =
  /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u0080-\u009f]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g;

const LINE_ENDS = /\r\n?|[\u0085\u2028\u2029]/g;

/**
 * C0 but tab and newline, DEL, C1; marks that reorder text or have no width; interlinear
 * annotations; tag characters, which spell invisible words.
 */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/** Several lines stay several lines; every other control is gone. */
export function sanitise(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.toWellFormed().replace(SEQUENCES, "").replace(LINE_ENDS, "\n").replace(INVISIBLE, "");
}

/** For one cell or one line: line ends and tabs become spaces. */
export function oneLine(text: string): string {
  return sanitise(text)
    .replace(/[\n\t]+/g, " ")
    .trim();
}

/**
 * Every string of a reply, names of properties too, so that no renderer can forget one.
 * @typeParam T the shape, which does not change
 */
export function sanitiseDeep<T>(value: T): T;
export function sanitiseDeep(value: unknown): unknown {
  if (typeof value === "string") return sanitise(value);
  if (Array.isArray(value)) return value.map((item: unknown) => sanitiseDeep(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [oneLine(key), sanitiseDeep(item)]));
}
