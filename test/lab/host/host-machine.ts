import type { Ended, RunOptions } from "../process.ts";

/** What a host does when something inside asks for a reboot. */
export type OnReboot = "return" | "never" | { afterMs: number };

/** What is behind a host: namespaces with a real sshd, or a directory with a small SSH server. */
export interface HostMachine {
  readonly kind: "real" | "scripted";
  readonly up: boolean;
  /** How often it has come up; a waiter for "up again" compares this. */
  readonly boots: number;
  /** Why the last automatic boot failed, if it did. */
  readonly failure: Error | null;
  /** The directory that host and lab both see. */
  readonly share: string;
  onReboot: OnReboot;
  start(): Promise<void>;
  /** Power off without ceremony; resolves when no process of the host is left. */
  stop(): Promise<void>;
  /** As `stop` and for good, without waiting: for where nothing can be awaited. */
  close(): void;
  /** Run a shell command as the host's root, past SSH. */
  run(command: string, options: Pick<RunOptions, "input" | "timeoutMs">): Promise<Ended>;
}
