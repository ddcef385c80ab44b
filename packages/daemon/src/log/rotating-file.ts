import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";

/**
 * A text file that never grows beyond `maxBytes`: then it becomes `<path>.1` and a new one is begun.
 * Writes are synchronous, so that the last line before a crash is in it.
 */
export class RotatingFile implements Disposable {
  readonly path: string;
  readonly #maxBytes: number;
  #file: number;
  #size: number;

  constructor(path: string, { maxBytes }: { maxBytes: number }) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#file = openSync(path, "a", 0o600);
    this.#size = fstatSync(this.#file).size;
  }

  append(text: string): void {
    const bytes = Buffer.from(text);
    if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes) this.#rotate();
    this.#size += bytes.length;
    writeSync(this.#file, bytes);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    closeSync(this.#file);
    this.#file = openSync(this.path, "a", 0o600);
    this.#size = 0;
  }
}
