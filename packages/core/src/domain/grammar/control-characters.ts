/** C0, DEL, C1, the line separators, and the marks that turn the direction of text around. */
// oxlint-disable-next-line no-control-regex -- finding them is the purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

export function hasControlCharacters(text: string): boolean {
  return CONTROL.test(text);
}

/** Text for messages: control characters become `?`, and what is longer than `limit` is cut. */
export function printable(text: string, limit = 80): string {
  const clean = text.slice(0, limit).replaceAll(new RegExp(CONTROL, "g"), "?");
  return text.length > limit ? `${clean}...` : clean;
}
