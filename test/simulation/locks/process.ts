import type { Choice } from "./chooser.ts";
import type { Script, Step } from "./script.ts";

/** One thing that may happen next. */
export interface Action extends Choice {
  readonly label: string;
  run(): void;
}

/** What happens to somebody else than a process, and may touch anything. */
export function accident(label: string, weight: number, run: () => void): Action {
  return { id: label, label, weight, touch: null, run };
}

export interface Process {
  readonly pid: number;
  readonly who: string;
  /** Whose; null for other programs and people. */
  readonly daemon: DaemonLife | null;
  readonly script: Script<unknown>;
  /** May it go on as far as others are concerned? */
  readonly ready: () => boolean;
  readonly onEnd: (result: unknown) => void;
  step: Step;
  /** When what it sleeps or waits for is over. */
  until: number | null;
  begunAt: number | null;
}

export interface DaemonLife {
  readonly daemonId: string;
  readonly number: number;
  alive: boolean;
}

/** Once begun, a script of ours on the host is through within this, apart from what it waits for. */
const SCRIPT_MS = 500;

/** When a script of ours must have made its step. */
export function dueAt({ daemon, begunAt, until }: Process): number | null {
  if (daemon === null) return null;
  const from = until ?? begunAt;
  return from === null ? null : from + SCRIPT_MS;
}
