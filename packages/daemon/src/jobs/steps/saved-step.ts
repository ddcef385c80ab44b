import type { Captured, CommandOutcome, HeldLock, RebootOutcome } from "../../hosts/index.ts";
import type { StepOutput } from "../output/index.ts";

type Bytes = Pick<Captured, "bytes" | "dropped">;
type Plain<O> = O extends { stdout: Captured } ? Omit<O, "stdout" | "stderr"> : O;

/** How a command ended, without its output: that is in the step's files. */
export type SavedEnd = Plain<CommandOutcome> & {
  readonly lockReleased?: boolean;
  /** What the files must have; null for a command that never ran. */
  readonly stdout: Bytes | null;
  readonly stderr: Bytes | null;
};

/** One step of a job on one host, as it is written down. Times are milliseconds since the epoch. */
export type SavedStep =
  | {
      readonly kind: "query" | "change";
      /** What was asked: a workflow that asks for something else is not the one that is written down. */
      readonly command: string;
      readonly at: number;
      readonly end: SavedEnd;
    }
  /** `end` null: it had begun. */
  | {
      readonly kind: "reboot";
      readonly before: string;
      readonly at: number;
      readonly end: RebootOutcome | null;
    }
  | { readonly kind: "history"; readonly at: number; readonly end: boolean | null };

export interface StepKey {
  readonly job: string;
  readonly host: string;
  /** Counts the job's steps on this host from 1. */
  readonly step: number;
}

/** An operation lock of a job, as it is written down. */
export interface SavedLock {
  readonly lock: HeldLock;
  /** The first step that it was taken for: a job may take one after the other. */
  readonly step: number;
  /** False: it was given back; kept so that a job which does everything again does not take it again. */
  readonly held: boolean;
}

/** Where steps are written down. */
export interface StepJournal {
  find(key: StepKey): SavedStep | null;
  /** @returns false when it could not be written: then its trace on the host must stay */
  save(key: StepKey, step: SavedStep): Promise<boolean>;
  /** The last step of each of the job's hosts whose end is written down. */
  ended(job: string): ReadonlyMap<string, number>;
  /** Where the job has taken a lock or a step. */
  hosts(job: string): ReadonlySet<string>;
  /** The operation lock that the job took last on the host. */
  lock(of: Omit<StepKey, "step">): SavedLock | null;
  saveLock(of: Omit<StepKey, "step">, lock: SavedLock): void;
  forget(job: string): void;
}

/** Where the output of this job's steps goes: files, and followers. */
export interface StepOutputs {
  /** What a former life has received of it is there, unless a `fresh` one is asked for. */
  open(key: StepKey, options: { capture: number; fresh?: boolean }): StepOutput;
}
