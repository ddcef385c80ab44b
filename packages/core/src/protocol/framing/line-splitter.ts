const NEWLINE = 0x0a;
const FIRST_BYTES = 4096;
const KEPT_BYTES = 64 * 1024;

export interface LineSplitterOptions {
  /** Bytes of a line without its newline. */
  maxBytes: number;
  /** The bytes are valid during the call alone. */
  onLine: (line: Buffer) => void;
  /** A line is longer; called once, everything after it is ignored. */
  onTooLong: () => void;
}

export interface LineSplitter {
  push(chunk: Buffer): void;
  /** Bytes of a line that has not ended. */
  readonly pending: number;
  /** Ignore what is left of the chunk in hand, and all later ones. */
  stop(): void;
}

/**
 * Cuts a byte stream into lines. Bytes are not decoded here, so that a character split between two
 * chunks is whole again; a line that never ends is noticed as soon as it passes the bound. A started
 * line lies in one buffer that doubles: a sender of single bytes costs no more than its bytes.
 */
export function lineSplitter({ maxBytes, onLine, onTooLong }: LineSplitterOptions): LineSplitter {
  let started = Buffer.alloc(0);
  let pending = 0;
  let stopped = false;

  const stop = () => {
    stopped = true;
    started = Buffer.alloc(0);
    pending = 0;
  };

  const append = (part: Buffer) => {
    if (pending + part.length > started.length) {
      const grown = Buffer.allocUnsafe(Math.max(FIRST_BYTES, 2 * started.length, pending + part.length));
      started.copy(grown, 0, 0, pending);
      started = grown;
    }
    part.copy(started, pending);
    pending += part.length;
  };

  const takeStarted = () => {
    const line = started.subarray(0, pending);
    pending = 0;
    if (started.length > KEPT_BYTES) started = Buffer.alloc(0);
    return line;
  };

  return {
    get pending() {
      return pending;
    },
    stop,
    push(chunk) {
      let start = 0;
      // A line's own handler may stop us.
      // oxlint-disable-next-line no-unmodified-loop-condition
      while (!stopped && start < chunk.length) {
        const newline = chunk.indexOf(NEWLINE, start);
        const part = chunk.subarray(start, newline === -1 ? chunk.length : newline);
        if (pending + part.length > maxBytes) {
          stop();
          onTooLong();
          return;
        }
        if (newline === -1) {
          append(part);
          return;
        }
        start = newline + 1;
        if (pending === 0) {
          onLine(part);
        } else {
          append(part);
          onLine(takeStarted());
        }
      }
    },
  };
}
