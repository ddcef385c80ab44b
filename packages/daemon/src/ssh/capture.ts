import type { Captured } from "../hosts/outcome.ts";

/**
 * Keeps the beginning and the end of a stream within a fixed number of bytes: a zypper log says what
 * it wants to do at the top and what went wrong at the bottom.
 */
export class HeadTail {
  #headRoom: number;
  readonly #tailRoom: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #bytes = 0;

  /** @param capacity bytes kept in all, half of them for each end. */
  constructor(capacity: number) {
    this.#headRoom = Math.ceil(capacity / 2);
    this.#tailRoom = Math.floor(capacity / 2);
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    const room = this.#headRoom - this.#headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.#head.push(Buffer.from(first));
      this.#headBytes += first.length;
    }
    const rest = chunk.subarray(first.length);
    if (rest.length === 0) return;
    const kept = rest.length > this.#tailRoom ? rest.subarray(rest.length - this.#tailRoom) : rest;
    this.#tail.push(Buffer.from(kept));
    this.#tailBytes += kept.length;
    this.#trim();
  }

  /** Bytes that came here in the stream and are not known any more: head and tail end, the tail begins anew. */
  skip(bytes: number): void {
    if (bytes <= 0) return;
    this.#bytes += bytes;
    this.#headRoom = this.#headBytes;
    this.#tail = [];
    this.#tailBytes = 0;
  }

  #trim(): void {
    if (this.#tailBytes <= this.#tailRoom) return;
    // Many small chunks would make shifting quadratic, so the list is folded once it is long.
    if (this.#tail.length > 1024) this.#tail = [Buffer.concat(this.#tail)];
    while (this.#tailBytes > this.#tailRoom) {
      const oldest = this.#tail[0];
      if (oldest === undefined) return;
      const over = this.#tailBytes - this.#tailRoom;
      if (oldest.length <= over) {
        this.#tail.shift();
        this.#tailBytes -= oldest.length;
      } else {
        this.#tail[0] = oldest.subarray(over);
        this.#tailBytes -= over;
      }
    }
  }

  captured(): Captured {
    return {
      head: Buffer.concat(this.#head),
      tail: Buffer.concat(this.#tail),
      bytes: this.#bytes,
      dropped: this.#bytes - this.#headBytes - this.#tailBytes,
    };
  }
}

/**
 * Text of a captured stream: UTF-8, invalid bytes replaced. Where bytes were dropped, a line says how
 * many, and a character that the cut went through is dropped with them.
 */
export function capturedText(captured: Captured): string {
  if (captured.dropped === 0) return Buffer.concat([captured.head, captured.tail]).toString("utf8");
  const head = captured.head.subarray(0, completeUtf8End(captured.head));
  const tail = captured.tail.subarray(utf8Start(captured.tail));
  const lost = captured.bytes - head.length - tail.length;
  return `${head.toString("utf8")}\n[... ${lost} bytes left out ...]\n${tail.toString("utf8")}`;
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

function utf8Start(bytes: Buffer): number {
  let at = 0;
  while (at < Math.min(3, bytes.length) && isContinuation(bytes[at] ?? 0)) at += 1;
  return at;
}

/** End of the last character that is whole; invalid bytes count as whole. */
export function completeUtf8End(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (isContinuation(byte)) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
