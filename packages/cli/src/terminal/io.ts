import type { Clock } from "@mtui/core/clock";

/** What a command may touch of the world around it; tests bring their own. */
export interface Surface {
  write(text: string): void;
  readonly tty: boolean;
  readonly colour: boolean;
  /** Undefined where the output is not a terminal: then nothing is cut to a width. */
  readonly columns: number | undefined;
  readonly rows: number | undefined;
}

export interface Io {
  readonly out: Surface;
  readonly err: Surface;
  /** May a question be asked? */
  readonly interactive: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Calls back at each Ctrl-C until disposed. */
  onInterrupt(handler: () => void): Disposable;
  /** One line typed by the person; null at the end of input or when `signal` aborts. */
  readLine(signal: AbortSignal): Promise<string | null>;
}
