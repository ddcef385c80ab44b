/** What a key may be, in words. */
export const KEY_RULE = "1 to 64 letters, digits, '_' and '-'";

/** Names one request for good, however often it is sent (docs/formats/wire.md, "Asking again"). */
export function isIdempotencyKey(key: unknown): key is string {
  return typeof key === "string" && /^[A-Za-z0-9_-]{1,64}$/.test(key);
}
