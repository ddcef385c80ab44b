import type { Io, Surface } from "../../../packages/cli/src/terminal/io.ts";

export interface FakeIo extends Io {
  readonly written: { out: string; err: string };
  /** As Ctrl-C does. */
  interrupt(): void;
  /** Lines that the person will type. */
  readonly typed: string[];
  /** Moves the clock, and runs what was due. */
  advance(ms: number): void;
}

export interface FakeIoOptions {
  tty?: boolean;
  columns?: number;
  rows?: number;
  env?: NodeJS.ProcessEnv;
}

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);

/** A terminal (or none) in memory, with a clock that stands still unless it is moved. */
export function fakeIo(options: FakeIoOptions = {}): FakeIo {
  const { tty = false, columns = 100, rows = 24, env = {} } = options;
  const written = { out: "", err: "" };
  const handlers = new Set<() => void>();
  const timers = new Set<{ at: number; callback: () => void }>();
  let now = NOW;
  const surface = (name: "out" | "err"): Surface => ({
    write: (text) => {
      written[name] += text;
    },
    tty,
    colour: false,
    columns: tty ? columns : undefined,
    rows: tty ? rows : undefined,
  });
  const typed: string[] = [];
  return {
    out: surface("out"),
    err: surface("err"),
    interactive: tty,
    env,
    clock: {
      now: () => now,
      after(ms, callback) {
        const timer = { at: now + ms, callback };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    onInterrupt(handler) {
      handlers.add(handler);
      return { [Symbol.dispose]: () => void handlers.delete(handler) };
    },
    readLine(signal) {
      const line = typed.shift();
      if (line !== undefined) return Promise.resolve(line);
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(null)));
    },
    written,
    typed,
    interrupt() {
      for (const handler of [...handlers]) handler();
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const due = [...timers].filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due);
        now = Math.max(now, due.at);
        due.callback();
      }
      now = until;
    },
  };
}
