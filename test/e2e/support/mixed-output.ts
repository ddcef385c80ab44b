import { seededRandom } from "./random.ts";

/** What a command prints in rounds of the same length, so that any part of it can be made again. */
export interface MixedOutput {
  /** Written to a file on the host. */
  readonly block: Buffer;
  /** Prints so many rounds of it, and a line a round to standard error. */
  readonly program: (rounds: number) => string;
  readonly roundBytes: number;
  /** The bytes of standard output from `from` up to but not `to`. */
  readonly slice: (from: number, to: number) => Buffer;
}

export const BLOCK_FILE = "/root/flood.block";
const LONG_LINE = 5 * 1024 * 1024;
const WORDS = ["Paket", "größer", "测试", "пакет", "🦎🦎", "naïve", "x", ""];

/**
 * Short lines in the alphabets of the world, binary, what is not UTF-8, and a line of 5 MB without an ASCII character; at the
 * beginning of each round one character in two writes.
 */
export function mixedOutput(seed: number): MixedOutput {
  const random = seededRandom(seed);
  const lines = Array.from(
    { length: 60_000 },
    (_, index) => `${index} ${WORDS[random.below(WORDS.length)]} ${WORDS[random.below(WORDS.length)]}\n`,
  );
  const binary = Buffer.from(Array.from({ length: 1_000_000 }, () => random.below(256)));
  const broken = Buffer.concat(
    Array.from({ length: 20_000 }, () => BROKEN[random.below(BROKEN.length)] ?? Buffer.alloc(0)),
  );
  const block = Buffer.concat([
    Buffer.from(lines.join("")),
    binary,
    Buffer.from("\n"),
    broken,
    Buffer.from(`${"漢".repeat(Math.floor(LONG_LINE / 3))}\n`),
    Buffer.from(lines.toReversed().join("")),
  ]);
  const opening = (number: number): Buffer => Buffer.from(`é ${String(number).padStart(8, "0")}\n`);
  const before = opening(1).length;
  const roundBytes = before + block.length;
  return {
    block,
    roundBytes,
    program: (rounds) => `i=0
while [ $i -lt ${rounds} ]; do i=$((i + 1))
printf '\\303'; printf '\\251 %08d\\n' $i
cat ${BLOCK_FILE}
printf 'round %d\\n' $i >&2
done
`,
    slice: (from, to) => {
      const parts: Buffer[] = [];
      for (let at = from; at < to; at += parts.at(-1)?.length ?? 0) {
        const number = Math.floor(at / roundBytes);
        const start = at - number * roundBytes;
        const [piece, skip] = start < before ? [opening(number + 1), start] : [block, start - before];
        parts.push(piece.subarray(skip, skip + to - at));
      }
      return Buffer.concat(parts);
    },
  };
}

/** Lone continuation bytes, characters that break off, overlong ones, surrogates, beyond the last one. */
const BROKEN = [
  [0x80],
  [0xe6, 0xbc],
  [0xf0, 0x9f, 0xa6],
  [0xc0, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80],
  [0xff],
]
  .map((bytes) => Buffer.from([...bytes, 0x0a]))
  .concat(Buffer.from("valid é 漢\n"));
