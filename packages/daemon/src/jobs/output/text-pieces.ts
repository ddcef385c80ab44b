import { completeUtf8End } from "../../ssh/capture.ts";

/** Output as followers get it. */
export interface TextPiece {
  /** Offset in the stream of its first byte. */
  readonly offset: number;
  /** Bytes of the stream that it stands for; invalid ones are U+FFFD in the text. */
  readonly bytes: number;
  readonly text: string;
}

/** Bytes of one piece. */
const PIECE = 16 * 1024;

/**
 * Cuts a stream into pieces of text whose borders are borders of characters: put together, the texts are
 * what the whole would have been. What is not yet a whole character waits for the rest.
 */
export class TextPieces {
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(offset: number) {
    this.#offset = offset;
  }

  push(bytes: Buffer): TextPiece[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const pieces: TextPiece[] = [];
    let at = 0;
    for (;;) {
      const window = all.subarray(at, at + PIECE);
      const length = completeUtf8End(window);
      if (length === 0) break;
      pieces.push(this.#piece(window.subarray(0, length)));
      at += length;
    }
    this.#rest = Buffer.from(all.subarray(at));
    return pieces;
  }

  /** The stream has ended in the middle of a character. */
  end(): TextPiece[] {
    if (this.#rest.length === 0) return [];
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return [this.#piece(rest)];
  }

  #piece(bytes: Buffer): TextPiece {
    const piece = { offset: this.#offset, bytes: bytes.length, text: bytes.toString("utf8") };
    this.#offset += bytes.length;
    return piece;
  }
}
