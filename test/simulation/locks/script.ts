import type { Touch } from "./chooser.ts";
import type { Inode, ModelHost } from "./model-host.ts";

/** Before each atomic step of a program on the host: what comes, and what it waits for. */
export interface Step {
  readonly label: string;
  readonly touch: Touch;
  /** A kernel lock, for at most so many milliseconds. Goes on with whether it was had. */
  readonly lock?: { readonly node: Inode; readonly ms: number };
  /** Milliseconds; others' steps happen meanwhile. */
  readonly sleep?: number;
}

export type Script<T> = Generator<Step, T, boolean>;

/** What a program knows of itself. */
export interface Self {
  readonly pid: number;
  readonly host: ModelHost;
  /** Milliseconds since the epoch, by everybody's clock but the host's. */
  readonly now: () => number;
  /** What it saw in a lock file, for the judges alone. */
  readonly saw: (name: string, bytes: Buffer | null) => void;
}

/** A step that touches nothing that others look at. */
export function at(label: string): Step {
  return { label, touch: {} };
}

export function reads(name: string, label: string): Step {
  return { label, touch: { reads: [name] } };
}

export function writes(name: string, label: string): Step {
  return { label, touch: { writes: [name] } };
}
