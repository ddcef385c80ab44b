/**
 * Finds lines of our own inside a stream of somebody else's bytes. A mark is the byte 0x1e, a random
 * nonce that the command cannot know, a blank, words, and a line feed. Bytes before it are passed on
 * as they come; only a suffix that may be the beginning of a mark is held back until it is decided.
 */
export interface MarkHandlers {
  onBytes(chunk: Buffer): void;
  onMark(words: string[]): void;
}

const MAX_MARK = 200;

export interface MarkScanner {
  push(chunk: Buffer): void;
  /** Hand out what is held back: the stream is over. */
  flush(): void;
}

export function scanMarks(nonce: string, handlers: MarkHandlers): MarkScanner {
  const start = Buffer.from(`\x1e${nonce} `, "latin1");
  let held: Buffer = Buffer.alloc(0);

  const pass = (bytes: Buffer): void => {
    if (bytes.length > 0) handlers.onBytes(bytes);
  };

  const push = (chunk: Buffer): void => {
    let rest = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    held = Buffer.alloc(0);
    for (;;) {
      const at = rest.indexOf(start);
      if (at < 0) break;
      const end = rest.indexOf(0x0a, at + start.length);
      if (end < 0 && rest.length - at < MAX_MARK) {
        pass(rest.subarray(0, at));
        held = Buffer.from(rest.subarray(at));
        return;
      }
      if (end < 0 || end - at > MAX_MARK) {
        // Nothing of ours is this long.
        pass(rest.subarray(0, at + start.length));
        rest = rest.subarray(at + start.length);
        continue;
      }
      pass(rest.subarray(0, at));
      handlers.onMark(rest.toString("utf8", at + start.length, end).split(" "));
      rest = rest.subarray(end + 1);
    }
    const keep = beginningAtEnd(rest, start);
    pass(rest.subarray(0, rest.length - keep));
    if (keep > 0) held = Buffer.from(rest.subarray(rest.length - keep));
  };

  return {
    push,
    flush: () => {
      const rest = held;
      held = Buffer.alloc(0);
      pass(rest);
    },
  };
}

/** How many bytes at the end of `bytes` are a beginning of `start`. */
function beginningAtEnd(bytes: Buffer, start: Buffer): number {
  for (let size = Math.min(start.length - 1, bytes.length); size > 0; size -= 1) {
    if (bytes.subarray(bytes.length - size).equals(start.subarray(0, size))) return size;
  }
  return 0;
}
