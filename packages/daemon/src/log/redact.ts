import { redact, type Secrets } from "@mtui/core/text";

export type { Secrets };

const MASK = "***";
const SECRET_KEY = /token|password|passwd|secret|authorization|cookie/i;
const MAX_TEXT = 8_192;
const MAX_DEPTH = 6;

/** Masked first and cut afterwards: half a secret would not be known for one. */
export function redactText(text: string, secrets: Secrets = []): string {
  const safe = redact(text, secrets);
  return safe.length > MAX_TEXT ? `${safe.slice(0, MAX_TEXT)}... (${text.length} characters)` : safe;
}

/** The same for structured facts: by name, by value, bounded in depth. */
export function redactValue(value: unknown, secrets: Secrets = [], depth = 0): unknown {
  if (typeof value === "string") return redactText(value, secrets);
  if (value instanceof Error) return redactText(value.stack ?? value.message, secrets);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "[...]";
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redactValue(item, secrets, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 100)
      .map(([key, item]) => [key, SECRET_KEY.test(key) ? MASK : redactValue(item, secrets, depth + 1)]),
  );
}
