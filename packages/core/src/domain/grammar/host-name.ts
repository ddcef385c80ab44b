/**
 * A host as inventory and reports name it: `host` or `host:port`. The first character keeps it from
 * being read as an option by any program that it is given to (docs/formats/refhosts.md, "Rows").
 */
export function isHostName(text: string): boolean {
  if (text.length > 255) return false;
  const match = /^[A-Za-z0-9][A-Za-z0-9._-]*(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return false;
  if (match[1] === undefined) return true;
  const port = Number(match[1]);
  return port >= 1 && port <= 65_535;
}

/** The name without its port. */
export function hostPart(name: string): string {
  const colon = name.indexOf(":");
  return colon === -1 ? name : name.slice(0, colon);
}
