import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capturedText, HeadTail } from "../../../packages/daemon/src/ssh/capture.ts";
import { scanMarks } from "../../../packages/daemon/src/ssh/marker.ts";
import { Semaphore } from "../../../packages/daemon/src/ssh/semaphore.ts";

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
const chunkSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

describe("head and tail", () => {
  test("whatever the chunks, nothing is lost within the capacity and only the middle beyond it", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        chunkSizes,
        fc.integer({ min: 0, max: 64 }),
        (raw, sizes, capacity) => {
          const bytes = Buffer.from(raw);
          const kept = new HeadTail(capacity);
          for (const piece of cut(bytes, sizes)) kept.push(piece);
          const { head, tail, dropped, bytes: count } = kept.captured();
          expect(count).toBe(bytes.length);
          expect(dropped).toBe(Math.max(0, bytes.length - capacity));
          const rest = bytes.length - head.length - dropped;
          expect(head).toEqual(bytes.subarray(0, head.length));
          expect(tail).toEqual(bytes.subarray(bytes.length - rest));
        },
      ),
    );
  });

  test("a character that is split between chunks, or between head and tail, is whole", () => {
    const text = "grüße, 日本 €";
    const kept = new HeadTail(Buffer.byteLength(text));
    for (const byte of Buffer.from(text)) kept.push(Buffer.from([byte]));
    expect(capturedText(kept.captured())).toBe(text);
  });

  test("where bytes were dropped, a cut character goes with them and the text says so", () => {
    const kept = new HeadTail(5);
    kept.push(Buffer.from("aé€ééb"));
    const { head, tail } = kept.captured();
    expect([head.length, tail.length]).toEqual([3, 2]);
    expect(capturedText(kept.captured())).toBe(
      "aé\n[... 8 bytes left out ...]\nb".replace("8", String(Buffer.byteLength("aé€ééb") - 4)),
    );
  });

  test("invalid bytes are replaced, not an error", () => {
    const kept = new HeadTail(10);
    kept.push(Buffer.from([0x61, 0xff, 0x62]));
    expect(capturedText(kept.captured())).toBe("a\ufffdb");
  });
});

describe("marks in a stream", () => {
  const nonce = "0123456789abcdef";
  const mark = (words: string): Buffer => Buffer.from(`\x1e${nonce} ${words}\n`);
  const scan = (bytes: Buffer, sizes: readonly number[]): { text: Buffer; marks: string[] } => {
    const seen: Buffer[] = [];
    const marks: string[] = [];
    const scanner = scanMarks(nonce, {
      onBytes: (chunk) => seen.push(Buffer.from(chunk)),
      onMark: (words) => marks.push(words.join(" ")),
    });
    for (const piece of cut(bytes, sizes)) scanner.push(piece);
    scanner.flush();
    return { text: Buffer.concat(seen), marks };
  };

  test("whatever the chunks, marks are found and every other byte passes in order", () => {
    const hostile = fc.constantFrom(
      "\x1e",
      `\x1e${nonce}`,
      `\x1e${nonce.slice(0, 5)}`,
      `\x1e\x1e${nonce.slice(1)} end 0\n`,
      "\n",
      "x",
    );
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 12 }), chunkSizes, (parts, sizes) => {
        // `\x1e<nonce>` directly before a blank would be a mark; none of the parts begins with one.
        const body = Buffer.from(parts.join(""));
        const { text, marks } = scan(Buffer.concat([mark("go 12"), body, mark("end 0 released")]), sizes);
        expect(marks).toEqual(["go 12", "end 0 released"]);
        expect(text).toEqual(body);
      }),
    );
  });

  test("an endless mark is text, not a memory leak", () => {
    const long = Buffer.from(`\x1e${nonce} ${"x".repeat(1000)}`);
    expect(scan(long, [100])).toEqual({ text: long, marks: [] });
  });

  test("bytes that cannot be a mark are not held back", () => {
    const seen: string[] = [];
    const scanner = scanMarks(nonce, {
      onBytes: (chunk) => seen.push(chunk.toString()),
      onMark: () => undefined,
    });
    scanner.push(Buffer.from("progress 10%"));
    scanner.push(Buffer.from("\x1enot"));
    expect(seen).toEqual(["progress 10%", "\x1enot"]);
  });
});

describe("semaphore", () => {
  test("never more than its size, in order, and a waiter that gives up takes nothing along", async () => {
    const places = new Semaphore(2);
    const first = await places.acquire();
    const second = await places.acquire();
    const stop = new AbortController();
    const order: string[] = [];
    const gone = places.acquire(stop.signal);
    const third = places.acquire().then((permit) => (order.push("third"), permit));
    const fourth = places.acquire().then((permit) => (order.push("fourth"), permit));
    stop.abort();
    await expect(gone).rejects.toMatchObject({ kind: "request.cancelled" });
    first();
    first();
    expect(places.used).toBe(2);
    (await third)();
    second();
    (await fourth)();
    expect([order, places.used, places.waiting]).toEqual([["third", "fourth"], 0, 0]);
  });
});
