import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TesterHome } from "../../support/home.ts";

export interface OutputFile {
  readonly path: string;
  /** Offset of its first byte in the stream. */
  readonly start: number;
  /** Bytes. */
  readonly size: number;
}

interface Stream {
  readonly job: string;
  readonly host: string;
  readonly end: "out" | "err";
}

/** The pieces of a stream as they lie in the daemon's directory, in order. */
export function outputFiles(home: TesterHome, { job, host, end }: Stream): OutputFile[] {
  const directory = join(home.dir, "state/mtui/jobs", job, host);
  return readdirSync(directory)
    .filter((name) => new RegExp(`^\\d+\\.${end}(\\.|$)`).test(name))
    .map((name) => {
      const path = join(directory, name);
      return { path, start: Number(name.split(".")[2] ?? 0), size: statSync(path).size };
    })
    .sort((a, b) => a.start - b.start);
}

/** What is kept of a stream, byte for byte; the test's own limits see to it that this is all of it. */
export function keptOutput(home: TesterHome, stream: Stream): Buffer {
  return Buffer.concat(outputFiles(home, stream).map(({ path }) => readFileSync(path)));
}
