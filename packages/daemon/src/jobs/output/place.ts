import { join } from "node:path";

/** One of the two streams of one step of a job on a host. */
export interface StreamId {
  readonly host: string;
  readonly step: number;
  readonly stream: StreamName;
}
export type StreamName = "stdout" | "stderr";

export const STREAMS = ["stdout", "stderr"] as const satisfies readonly StreamName[];

const EXTENSION = { stdout: "out", stderr: "err" } as const;
const FILE = /^(q?)(\d{1,9})\.(out|err)(?:\.(\d{1,15}))?$/;

/**
 * A name from outside as one name of a directory: letters, digits, `_`, `-` and dots within stay, of
 * the rest each byte becomes `%XX`. So it never leaves its directory, and no two names become one.
 */
export function asFileName(name: string): string {
  const safe = [...Buffer.from(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9._-]/.test(character)
      ? character
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  });
  return safe.join("").replace(/^\./, "%2E");
}

/** @returns null for what `asFileName` never makes */
export function fromFileName(file: string): string | null {
  try {
    const name = decodeURIComponent(file);
    return name !== "" && asFileName(name) === file ? name : null;
  } catch {
    return null;
  }
}

export interface FileFacts {
  readonly step: number;
  readonly stream: StreamName;
  /** The answer to a question of the workflow's: kept for the job's next life, no part of its output. */
  readonly query: boolean;
}

/** The file of a stream that holds its bytes from `start` on: `<step>.out`, `<step>.out.<start>`. */
export function segmentFile({ step, stream, query }: FileFacts, start: number): string {
  return `${query ? "q" : ""}${step}.${EXTENSION[stream]}${start === 0 ? "" : `.${start}`}`;
}

export function parseSegmentFile(file: string): (FileFacts & { start: number }) | null {
  const match = FILE.exec(file);
  if (match === null) return null;
  const [, query, step, extension, start = "0"] = match;
  return {
    step: Number(step),
    stream: extension === "out" ? "stdout" : "stderr",
    query: query === "q",
    start: Number(start),
  };
}

export function hostDirectory(jobDirectory: string, host: string): string {
  return join(jobDirectory, asFileName(host));
}
