import type { Clock } from "@mtui/core/clock";
import type { Surface } from "../terminal/io.ts";

/** At most ten redraws a second. */
const REDRAW_MS = 100;
/** Lines that wait for the end of a question; more of them come all the same. */
const HELD_LINES = 1000;

/**
 * The lines at the bottom of a terminal that are drawn over themselves. Each redraw is one write that
 * moves up, rewrites every line and clears what is left of it, so nothing is blank in between.
 */
export class LiveRegion implements Disposable {
  readonly #surface: Surface;
  readonly #clock: Clock;
  readonly #draw: (tick: number) => readonly string[];
  #height = 0;
  #tick = 0;
  #paused = false;
  #closed = false;
  #held: string[] = [];
  #drawnAt = Number.NEGATIVE_INFINITY;
  #stop: (() => void) | null = null;

  /** @param options.draw the lines as they should stand now, each narrower than the terminal */
  constructor(options: { surface: Surface; clock: Clock; draw: (tick: number) => readonly string[] }) {
    this.#surface = options.surface;
    this.#clock = options.clock;
    this.#draw = options.draw;
  }

  /** Something changed: draw as soon as the rate allows, and go on turning. */
  refresh(): void {
    if (this.#paused || this.#stop !== null) return;
    const wait = Math.max(0, this.#drawnAt + REDRAW_MS - this.#clock.now());
    this.#stop = this.#clock.after(wait, () => {
      this.#stop = null;
      this.#redraw();
      this.refresh();
    });
  }

  /** A line that stays, above the region. */
  print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    if (this.#paused && !this.#closed && this.#held.length + lines.length <= HELD_LINES) {
      for (const line of lines) this.#held.push(line);
      return;
    }
    this.#write(lines);
    if (!this.#paused) this.#redraw();
  }

  #write(news: readonly string[]): void {
    const lines = [...this.#held, ...news];
    this.#held = [];
    if (lines.length === 0) return;
    this.#surface.write(`${this.#home()}\u001b[J${lines.join("\n")}\n`);
    this.#height = 0;
  }

  /** Give the terminal away, for a question: lines wait. `resume` shows them and draws again. */
  pause(): void {
    this.#paused = true;
    this.#stop?.();
    this.#stop = null;
    this.#clear();
  }

  /** Nothing once it is disposed of: an answer can come after the end. */
  resume(): void {
    if (this.#closed) return;
    this.#paused = false;
    this.#write([]);
    this.refresh();
  }

  [Symbol.dispose](): void {
    this.pause();
    this.#closed = true;
    this.#write([]);
  }

  #redraw(): void {
    this.#drawnAt = this.#clock.now();
    const lines = this.#draw(this.#tick++);
    const text = lines.map((line) => `${line}\u001b[K`).join("\n");
    this.#surface.write(`${this.#home()}${text}\u001b[J`);
    this.#height = lines.length;
  }

  #clear(): void {
    if (this.#height === 0) return;
    this.#surface.write(`${this.#home()}\u001b[J`);
    this.#height = 0;
  }

  /** To the first column of the first line. */
  #home(): string {
    if (this.#height === 0) return "";
    return this.#height === 1 ? "\r" : `\r\u001b[${this.#height - 1}A`;
  }
}
