import type { ErrorReport, MtuiError } from "@mtui/core/protocol";
import type { JobState, JobView } from "@mtui/core/registry";

/** The operation's own parameters, and who asked. */
export interface JobRecipe {
  params: Record<string, unknown>;
  /** What the operation itself has to know besides. */
  notes: Record<string, unknown>;
  client: { id: string; kind: "terminal" | "agent" | "script"; name: string; namespace: string | null };
}

/** How far a job was when it was cancelled: steps that each host had been asked for, and any other host. */
export interface Reached {
  hosts: Record<string, number>;
  others: number;
}

/** A job as it is written down. Times are milliseconds since the epoch. */
export interface SavedJob {
  operation: string;
  command: string;
  workspace: string;
  rrid: string | null;
  recipe: JobRecipe | null;
  /** By which hosts know its steps; null in older rows, where it is the job's id. */
  trace: string | null;
  state: JobState;
  /** False = nothing was changed on any host for it. */
  begun: boolean;
  created: number;
  started: number | null;
  finished: number | null;
  step: string | null;
  hosts: JobView["hosts"];
  error: ErrorReport | null;
  /** Since when it is `cancelling`, in steps; null when nobody knows, or nobody cancelled it. */
  reached: Reached | null;
  /**
   * How its work ended, written down before its hosts are given back: without them, a next life would do all
   * of it again on others. The result is where those of ended jobs are.
   */
  worked: { state: JobEnd["state"]; error: ErrorReport | null } | null;
}

/** How the work of a job ended, when it ended by itself. */
export interface JobEnd {
  state: "done" | "failed" | "lost" | "cancelled";
  result: unknown;
  error?: ErrorReport;
}

/** Where jobs are written down. None of these throw. */
export interface JobJournal {
  /** @returns why it could not be written, or null: nothing begins then */
  save(id: string, job: SavedJob): MtuiError | null;
  /** With the last state, or the end of the work, and at once: an end without its result is half an answer. */
  saveEnd(id: string, job: SavedJob, result: unknown): void;
  forget(id: string): void;
  /** How many jobs of this operation there have been. */
  count(operation: string): number;
}
