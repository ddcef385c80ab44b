import { isSecretName, oneLine, redact, sanitise, type Secrets } from "@mtui/core/text";

/** Below it stand names of packages, and one may be called `python3-token`. */
const NAMES_ONLY: ReadonlySet<string> = new Set(["packages"]);
const MASK = "***";
const SHORTEST_OF_ENVIRONMENT = 8;

/** Tokens and passwords that the server was started with: whatever quotes them, they go nowhere. */
export function secretsOf(env: Readonly<Record<string, string | undefined>>): Secrets {
  return Object.entries(env).flatMap(([name, value = ""]) =>
    isSecretName(name) && value.length >= SHORTEST_OF_ENVIRONMENT ? [value] : [],
  );
}

const OWN = secretsOf(process.env);

/**
 * The boundary: every string of a result without what steers terminals or hides text, and without
 * secrets, before anything else looks at it. Escapes go first, since they could split a secret.
 * @typeParam T the shape, which does not change
 */
export function clean<T>(value: T, secrets?: Secrets): T;
export function clean(value: unknown, secrets: Secrets = OWN): unknown {
  return cleaned(value, { secrets, names: false });
}

function cleaned(value: unknown, context: { secrets: Secrets; names: boolean }): unknown {
  if (typeof value === "string") return redact(sanitise(value), context.secrets);
  if (Array.isArray(value)) return value.map((item: unknown) => cleaned(item, context));
  // Milliseconds are enough of any time.
  if (typeof value === "number") return Math.round(value * 1000) / 1000;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const name = redact(oneLine(key), context.secrets);
      if (typeof item === "string" && !context.names && isSecretName(key)) return [name, MASK];
      return [name, cleaned(item, { ...context, names: context.names || NAMES_ONLY.has(key) })];
    }),
  );
}
