import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import type { OperationEntry } from "@mtui/core/protocol";
import { usageError } from "./usage-error.ts";

/** Bytes of a file that goes with a call; what an operation takes of it, the daemon says. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Puts what files have in the place of their names: `@FILE`, `@-` for standard input; `@@` begins a text that
 * begins with `@`. What is no text goes as base64, where the operation takes that.
 * @throws MtuiError params.invalid
 */
export async function withFiles(
  entry: OperationEntry,
  params: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const read: Record<string, unknown> = { ...params };
  for (const name of entry.cli.files ?? []) {
    const word = params[name];
    if (typeof word !== "string" || !word.startsWith("@")) continue;
    if (word.startsWith("@@")) {
      read[name] = word.slice(1);
      continue;
    }
    const bytes = await bytesOf(word.slice(1));
    if (isUtf8(bytes)) {
      read[name] = bytes.toString("utf8");
    } else if (entry.params.properties["encoding"] !== undefined && params["encoding"] === undefined) {
      read[name] = bytes.toString("base64");
      read["encoding"] = "base64";
    } else {
      throw usageError(`${word}: that is no text in UTF-8.`);
    }
  }
  return read;
}

async function bytesOf(path: string): Promise<Buffer> {
  try {
    await using file = await open(path === "-" ? "/dev/stdin" : path, "r");
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BYTES) throw usageError(`@${path}: that is more than ${MAX_BYTES} bytes.`);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    return bytes;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && typeof thrown.code === "string")
      throw usageError(
        `@${path}: the file cannot be read: ${thrown.code}.`,
        "@@ begins a text that begins with @.",
      );
    throw thrown;
  }
}
