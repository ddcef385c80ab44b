import { randomBytes } from "node:crypto";

/**
 * Several answers of a host in one: each begins with the byte 0x1d, a random nonce, a title, and a line
 * feed, so that no file can pretend to be the next one.
 */
export interface Sections {
  /** Defines the shell function `s TITLE`. */
  readonly definition: string;
  parse(output: Buffer): Section[];
}

export interface Section {
  readonly title: string;
  readonly body: Buffer;
}

export function sections(): Sections {
  const nonce = randomBytes(12).toString("hex");
  const mark = Buffer.from(`\x1d${nonce} `, "latin1");
  return {
    definition: `s() { printf '\\035%s %s\\n' ${nonce} "$*"; }`,
    parse: (output) => {
      const found: Section[] = [];
      let at = output.indexOf(mark);
      while (at >= 0) {
        const next = output.indexOf(mark, at + mark.length);
        const part = output.subarray(at + mark.length, next < 0 ? output.length : next);
        const end = part.indexOf(0x0a);
        if (end >= 0) found.push({ title: part.toString("utf8", 0, end), body: part.subarray(end + 1) });
        at = next;
      }
      return found;
    },
  };
}
