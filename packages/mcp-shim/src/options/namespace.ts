import { createHash } from "node:crypto";
import { basename } from "node:path";

/** As workspaces are named, and short enough for the `-2` of a second living server. */
const GRAMMAR = /^[A-Za-z0-9][A-Za-z0-9._-]{0,47}$/;
const NAME_LENGTH = 16;
const FOLDER_LENGTH = 20;
const HASH_LENGTH = 6;

export function isNamespace(text: string): boolean {
  return GRAMMAR.test(text);
}

/**
 * The namespace of a server that was given none: the same whenever the same client works in the same
 * directory, so that an agent that is started again finds its workspaces. The hash tells directories of
 * the same name apart.
 */
export function defaultNamespace(client: string | null, directory: string): string {
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, HASH_LENGTH);
  const parts = [
    slug(client ?? "mcp", NAME_LENGTH) || "mcp",
    slug(basename(directory), FOLDER_LENGTH) || "root",
  ];
  return [...parts, hash].join("-");
}

function slug(text: string, length: number): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, length)
    .replace(/[^a-z0-9]+$/, "");
}
