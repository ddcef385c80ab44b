import { hasControlCharacters } from "../grammar/control-characters.ts";
import { isRepositoryUrl } from "../grammar/repository-url.ts";
import { templateInvalid } from "./invalid.ts";

/**
 * Typed access to the values of `metadata.json`; `null` counts as absent everywhere. Every failure
 * is template.invalid and names the key.
 */
const LIST_LIMIT = 10_000;
const TEXT_LIMIT = 4096;

export function asObject(value: unknown, key: string): ReadonlyMap<string, unknown> {
  if (value === undefined || value === null) return new Map();
  if (typeof value !== "object" || Array.isArray(value)) throw invalid(key, "is not an object");
  return new Map(Object.entries(value));
}

export function asList(value: unknown, key: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw invalid(key, "is not a list");
  if (value.length > LIST_LIMIT) throw invalid(key, `has more than ${LIST_LIMIT} entries`);
  return value;
}

export function asTexts(value: unknown, key: string): string[] {
  return asList(value, key).map((entry, index) => asText(entry, `${key}[${index}]`));
}

/** One line of text. */
export function asText(value: unknown, key: string): string {
  if (typeof value !== "string") throw invalid(key, "is not a text");
  if (value.length > TEXT_LIMIT) throw invalid(key, `is longer than ${TEXT_LIMIT} characters`);
  if (hasControlCharacters(value)) throw invalid(key, "holds control characters");
  return value;
}

export function asOptionalText(value: unknown, key: string): string | null {
  if (value === undefined || value === null) return null;
  const text = asText(value, key).trim();
  return text === "" ? null : text;
}

export function asUrl(value: unknown, key: string): string {
  const text = asText(value, key);
  if (!isRepositoryUrl(text)) {
    throw invalid(key, "is no plain http or https URL (no blanks, no user part, nothing special to a shell)");
  }
  return text;
}

export function asOptionalUrl(value: unknown, key: string): string | null {
  return asOptionalText(value, key) === null ? null : asUrl(value, key);
}

/** Issue ids are texts; numbers occur and mean the same. */
export function asIds(value: unknown, key: string): string[] {
  return asList(value, key).map((entry, index) => {
    const text = typeof entry === "number" ? String(entry) : asText(entry, `${key}[${index}]`).trim();
    if (!/^[A-Za-z0-9][A-Za-z0-9._#-]{0,63}$/.test(text)) throw invalid(`${key}[${index}]`, "is no issue id");
    return text;
  });
}

export function invalid(key: string, why: string): ReturnType<typeof templateInvalid> {
  return templateInvalid({ file: "metadata.json", key }, why);
}
