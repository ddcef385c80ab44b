/** Characters of the line that are shown. */
const SHOWN = 200;
/** Characters of the output that are looked at. */
const KEPT = 1024;

/** The last line with anything in it of what a host prints; a progress bar's latest state counts as one. */
export class LastLine {
  #tail = "";

  push(text: string): void {
    if (text.trim() === "") return;
    const all = text.length >= KEPT ? text : this.#tail + text;
    // Through a buffer, because a slice would keep the whole text in memory.
    this.#tail = Buffer.from(all.slice(-KEPT)).toString();
  }

  get line(): string {
    const line = this.#tail.split(/[\r\n]+/).findLast((each) => each.trim() !== "") ?? "";
    return line.trim().slice(0, SHOWN).toWellFormed();
  }
}
