import type { Flags } from "../command/flags.ts";
import type { Style } from "../terminal/style.ts";

/** How a result is to be shown. */
export interface View {
  readonly style: Style;
  /** Width of the terminal; undefined: cut nothing. */
  readonly columns: number | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** What commands printed has been shown, as it came. */
  readonly shown?: boolean;
  /** Of the job that it is the result of, for what to type next. */
  readonly workspace?: string;
  readonly flags: Pick<Flags, "diff" | "verbose">;
}

/**
 * A result as lines for people. The result has been sanitised (`sanitiseDeep`) before; the renderer
 * keeps cells to one line (`oneLine`).
 */
export type Renderer<R> = (result: R, view: View) => string[];
