/**
 * A call of a tool as one line: `job_result job_id=update-3 output=true`. Values that are plain words stand
 * as they are, all others as JSON.
 */
export function toolCall(name: string, args: Readonly<Record<string, unknown>> = {}): string {
  const words = Object.entries(args)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${spelled(value)}`);
  return [name, ...words].join(" ");
}

export function spelled(value: unknown): string {
  if (typeof value === "string" && /^[A-Za-z0-9_.:/@+-]{1,200}$/.test(value)) return value;
  return JSON.stringify(value) ?? "null";
}
