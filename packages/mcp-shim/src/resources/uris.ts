/** What a resource shows. */
export type Place =
  | { readonly kind: "queue" }
  | { readonly kind: "report"; readonly rrid: string; readonly path: string | null }
  | { readonly kind: "output"; readonly job: string }
  | { readonly kind: "log"; readonly workspace: string; readonly host: string };

export const QUEUE = "mtui://queue";

/** Templates of RFC 6570, as clients fill them in. A workspace may have a `/`, which is `%2F` here. */
export const TEMPLATES = {
  report: "mtui://report/{rrid}",
  file: "mtui://report/{rrid}/{+path}",
  output: "mtui://job/{job_id}/output",
  log: "mtui://host/{workspace}/{host}/log",
} as const;

const SCHEME = "mtui://";
const MAX_URI = 4096;

/** @returns null for a URI that is none of ours */
export function placeOf(uri: string): Place | null {
  if (!uri.startsWith(SCHEME) || uri.length > MAX_URI) return null;
  const parts = uri.slice(SCHEME.length).split("/").map(decoded);
  const words = parts.filter((part): part is string => part !== null && part !== "");
  if (words.length !== parts.length) return null;
  const [kind, first = "", second = "", third = ""] = words;
  switch (kind) {
    case "queue":
      return words.length === 1 ? { kind } : null;
    case "report":
      if (first === "") return null;
      return { kind, rrid: first, path: words.length > 2 ? words.slice(2).join("/") : null };
    case "job":
      return words.length === 3 && second === "output" ? { kind: "output", job: first } : null;
    case "host":
      return words.length === 4 && third === "log" ? { kind: "log", workspace: first, host: second } : null;
    default:
      return null;
  }
}

export function uriOf(place: Place): string {
  switch (place.kind) {
    case "queue":
      return QUEUE;
    case "report": {
      const path = place.path === null ? "" : `/${place.path.split("/").map(encoded).join("/")}`;
      return `${SCHEME}report/${encoded(place.rrid)}${path}`;
    }
    case "output":
      return `${SCHEME}job/${encoded(place.job)}/output`;
    case "log":
      return `${SCHEME}host/${encoded(place.workspace)}/${encoded(place.host)}/log`;
  }
}

/** Colons are plain in a path, and RRIDs are full of them. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll("%3A", ":");
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
