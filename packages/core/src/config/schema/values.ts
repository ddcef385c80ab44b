import { z } from "zod";

/**
 * Kinds of values. The description of each is the end of the sentence "KEY must be ..." in errors and
 * documentation, so that what is allowed is written down once.
 */

const WORDS: Readonly<Record<string, boolean>> = {
  yes: true,
  true: true,
  on: true,
  "1": true,
  no: false,
  false: false,
  off: false,
  "0": false,
};

/** YAML 1.2 knows true and false alone; people also write what the INI files allowed. */
const asWord = (value: unknown): unknown =>
  typeof value === "string" || typeof value === "number"
    ? (WORDS[String(value).toLowerCase()] ?? value)
    : value;

export const flag = z.preprocess(asWord, z.boolean()).describe("true or false");

/** Made absolute against the file that names it; `~` is the home directory. */
export const path = z
  .string()
  .trim()
  .min(1)
  .max(4096)
  .regex(/^[^\0\n\r]+$/)
  .describe("a path");

export const seconds = z
  .number()
  .int()
  .min(0)
  .max(31_536_000)
  .describe("a whole number of seconds, 0 or more");

export const positiveSeconds = z
  .number()
  .int()
  .min(1)
  .max(31_536_000)
  .describe("a whole number of seconds, 1 or more");

export function count(min: number, max: number) {
  return z.number().int().min(min).max(max).describe(`a whole number from ${min} to ${max}`);
}

export function choice<const T extends readonly [string, ...string[]]>(names: T) {
  return z.enum(names).describe(`one of ${names.join(", ")}`);
}

export const httpUrl = z
  .string()
  .trim()
  .max(4096)
  .refine(isHttpUrl)
  .describe("an http or https URL with a host");

/** One name or a comma-separated text is as good as a list. */
const asList = (value: unknown): unknown =>
  typeof value === "string"
    ? value
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "")
    : value;

export function listOf<const T extends readonly [string, ...string[]]>(names: T) {
  return z
    .preprocess(asList, z.array(z.enum(names)).min(1).max(16))
    .describe(`a list of ${names.join(", ")}`);
}

export const verification = z
  .preprocess(asWord, z.union([z.boolean(), path]))
  .describe("true, false, or the path of a CA bundle or of a directory with hashed certificates");

function isHttpUrl(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.hostname !== "";
}
