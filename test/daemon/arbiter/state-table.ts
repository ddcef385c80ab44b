/**
 * All codes seen so far, each kept whole, so that no two states are ever taken for one. The codes lie
 * one after the other in the order in which they were found, which makes the table the list of what is still to
 * be visited as well. A code's way back to the start is one number: who found it.
 */
export class StateTable {
  readonly #length: number;
  #codes: Uint8Array;
  #parents: Uint32Array;
  /** Open addressing; 0 = empty, else the number of the code + 1. */
  #slots: Uint32Array;
  #size = 0;

  constructor(length: number) {
    this.#length = length;
    this.#codes = new Uint8Array(length * 1024);
    this.#parents = new Uint32Array(1024);
    this.#slots = new Uint32Array(4096);
  }

  get size(): number {
    return this.#size;
  }

  code(index: number): Uint8Array {
    return this.#codes.subarray(index * this.#length, (index + 1) * this.#length);
  }

  parent(index: number): number {
    return this.#parents[index] ?? 0;
  }

  /** False when the code was there already. */
  add(code: Uint8Array, parent: number): boolean {
    const place = this.#find(code);
    if (this.#slots[place] !== 0) return false;
    if (this.#size === this.#parents.length) this.#growCodes();
    this.#codes.set(code, this.#size * this.#length);
    this.#parents[this.#size] = parent;
    this.#size += 1;
    this.#slots[place] = this.#size;
    if (this.#size * 2 > this.#slots.length) this.#growSlots();
    return true;
  }

  #find(code: Uint8Array): number {
    const mask = this.#slots.length - 1;
    for (let place = hash(code) & mask; ; place = (place + 1) & mask) {
      const entry = this.#slots[place] ?? 0;
      if (entry === 0 || this.#isAt(code, (entry - 1) * this.#length)) return place;
    }
  }

  #isAt(code: Uint8Array, at: number): boolean {
    for (let index = 0; index < code.length; index++) {
      if (this.#codes[at + index] !== code[index]) return false;
    }
    return true;
  }

  #growCodes(): void {
    const codes = new Uint8Array(this.#codes.length * 2);
    codes.set(this.#codes);
    this.#codes = codes;
    const parents = new Uint32Array(this.#parents.length * 2);
    parents.set(this.#parents);
    this.#parents = parents;
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      let place = hash(this.code(index)) & mask;
      while (this.#slots[place] !== 0) place = (place + 1) & mask;
      this.#slots[place] = index + 1;
    }
  }
}

/** FNV-1a with a last stir. */
function hash(code: Uint8Array): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < code.length; index++) {
    value = Math.imul(value ^ (code[index] ?? 0), 0x01000193);
  }
  value ^= value >>> 15;
  value = Math.imul(value, 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}
