/** Output that a daemon should not choke on. */
export const KINDS = ["lines", "binary", "long lines", "split characters", "one byte at a time"] as const;
export type FloodKind = (typeof KINDS)[number];

/** Chunks as a connection would bring them, the same for the same seed. */
export function floodOf(kind: FloodKind, seed: number): () => Buffer {
  const random = randomOf(seed);
  let count = 0;
  switch (kind) {
    case "lines":
      return cycle(64, () =>
        Buffer.from(
          Array.from({ length: 400 }, () => `line ${++count} of what a host says, äöü €\n`).join(""),
        ),
      );
    case "binary":
      return cycle(64, () => {
        const chunk = Buffer.alloc(20_000);
        for (let at = 0; at < chunk.length; at += 4) chunk.writeUInt32LE(random(2 ** 32), at);
        return chunk;
      });
    case "long lines": {
      const part = Buffer.from("x".repeat(31 * 1024));
      return () => (++count % 166 === 0 ? Buffer.from("\n") : part);
    }
    case "split characters": {
      const text = Buffer.from("😀€ä".repeat(4000));
      let at = 0;
      return () => {
        const end = Math.min(text.length, at + 1 + random(30_000));
        const chunk = text.subarray(at, end);
        at = end === text.length ? 0 : end;
        return chunk;
      };
    }
    case "one byte at a time":
      return () => Buffer.from([0x61 + (++count % 26)]);
  }
}

/** Made once: what is measured is not the making. */
function cycle(length: number, make: () => Buffer): () => Buffer {
  const chunks = Array.from({ length }, make);
  let at = 0;
  return () => chunks[at++ % length] ?? Buffer.alloc(0);
}

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    // xorshift32
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}
