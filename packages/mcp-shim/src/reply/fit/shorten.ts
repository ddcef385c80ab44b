/** Room for the words that say how much is missing. */
const MARK_ROOM = 40;

/** The beginning of a text in at most so many bytes; no character is cut. */
export function headOf(text: string, bytes: number): string {
  if (bytes <= 0) return "";
  const raw = Buffer.from(text.toWellFormed());
  if (raw.length <= bytes) return raw.toString();
  let end = bytes;
  while (end > 0 && isContinuation(raw[end])) end--;
  return raw.subarray(0, end).toString();
}

/** The end of a text, in the same way. */
export function tailOf(text: string, bytes: number): string {
  if (bytes <= 0) return "";
  const raw = Buffer.from(text.toWellFormed());
  if (raw.length <= bytes) return raw.toString();
  let start = raw.length - bytes;
  while (start < raw.length && isContinuation(raw[start])) start++;
  return raw.subarray(start).toString();
}

/**
 * Beginning and end of a text, the end getting more: that is where the reason stands. What is between is
 * counted in words of ours in brackets.
 */
export function shorten(text: string, bytes: number): string {
  const size = Buffer.byteLength(text);
  if (size <= bytes) return text;
  const room = bytes - MARK_ROOM;
  if (room < MARK_ROOM) return headOf(text, bytes);
  const head = headOf(text, Math.floor(room / 3));
  const tail = tailOf(text, room - Buffer.byteLength(head));
  return `${head}[... ${size - Buffer.byteLength(head) - Buffer.byteLength(tail)} bytes left out ...]${tail}`;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
