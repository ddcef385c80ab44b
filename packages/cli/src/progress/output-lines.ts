import type { Printed } from "../follow/whole-output.ts";
import { bytes } from "@mtui/core/text";
import { oneLine, sanitise } from "../terminal/sanitise.ts";

/** Characters of a line that is not at its end yet; a longer one is broken. */
const LONGEST = 8 * 1024 * 1024;

/**
 * Lines out of pieces, so that lines of several hosts never mix; each with its host in front where there
 * are several.
 */
export class OutputLines {
  readonly #write: (stream: "stdout" | "stderr", lines: readonly string[]) => void;
  readonly #pending = new Map<string, Pending>();

  constructor(write: (stream: "stdout" | "stderr", lines: readonly string[]) => void) {
    this.#write = write;
  }

  /** @param prefix what goes in front of each line; empty for a host that is the only one */
  take({ job, host, stream, missing, text }: Printed, prefix: string): void {
    const key = JSON.stringify([job, host, stream]);
    const pending = this.#pending.get(key) ?? { stream, prefix, parts: [], length: 0 };
    this.#pending.set(key, pending);
    pending.prefix = prefix;
    if (missing > 0) {
      this.#end(pending);
      this.#write(stream, [`${prefix}[... ${bytes(missing)} not kept ...]`]);
    }
    const end = text.lastIndexOf("\n");
    if (end >= 0) {
      pending.parts.push(text.slice(0, end));
      this.#end(pending);
    }
    const rest = text.slice(end + 1);
    if (rest === "") return;
    pending.parts.push(rest);
    pending.length += rest.length;
    if (pending.length > LONGEST) this.#end(pending);
  }

  /** Lines without an end, at the end. */
  flush(): void {
    for (const pending of this.#pending.values()) this.#end(pending);
  }

  #end(pending: Pending): void {
    if (pending.parts.length === 0) return;
    const text = pending.parts.join("");
    pending.parts = [];
    pending.length = 0;
    const { stream, prefix } = pending;
    const lines = sanitise(text).split("\n");
    this.#write(stream, prefix === "" ? lines : lines.map((line) => `${prefix}${line}`));
  }
}

interface Pending {
  stream: "stdout" | "stderr";
  prefix: string;
  parts: string[];
  length: number;
}

/** `host: `, `run-3 host: `, or nothing when it goes without saying. */
export function prefixOf(
  { job, host }: Pick<Printed, "job" | "host">,
  jobs: readonly { id: string; hosts: object }[],
): string {
  const name = jobs.length > 1 ? [oneLine(job)] : [];
  const several = jobs.length > 1 || Object.keys(jobs[0]?.hosts ?? {}).length > 1;
  return several ? `${[...name, oneLine(host)].join(" ")}: ` : "";
}
